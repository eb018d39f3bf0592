# make demo   the main job on this machine, unprivileged, in under three minutes
# make test   everything that must pass before a commit
# PYTHON      the Python (3.11 or newer) that the controller's environment is made from

PYTHON ?= $(shell tools/find-python 3.11)
# ansible-core 2.19 is the newest that Python 3.11 can take; a newer Python, where there is one, tests the newest core as well.
NEWER_PYTHON ?= $(shell tools/find-python 3.12)
VENV := .venv
NEWER := .venv-newer
MYPY39 := .venv-mypy39
# no takes the newest releases that requirements*.txt allow, instead of those of requirements/ with their hashes.
LOCK ?= yes
# A lock installs wheels only: a build would fetch what it needs without a hash.
LOCKED := --require-hashes --only-binary :all:
PYTEST_WORKERS ?= $(shell nproc 2>/dev/null || echo 2)
PYTEST := $(VENV)/bin/python -m pytest
MACHINES := $(VENV)/bin/python tools/test-machines
MOLECULE = PATH="$(CURDIR)/$(VENV)/bin:$$PATH" MOLECULE_GLOB='molecule/*/molecule.yml' $(VENV)/bin/molecule
# $(call tests,FOLDERS) are pytest's arguments: ARGS, after all of the folders unless ARGS names a part of them.
tests = $(if $(filter tests/%,$(ARGS)),,$(1)) $(ARGS)

# $(call debian,PROGRAMS,PACKAGES) installs packages where a program is missing and this is root on Debian.
define debian
@for program in $(1); do \
	  if ! command -v $$program >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(2) >/dev/null; } \
	      || echo "apt-get could not install $(2); the tests that take them will skip"; \
	    break; \
	  fi; \
	done
endef

# $(call packages,NAMES) are pip's arguments that install the named locks, or the requirement files that these are made from.
packages = install --quiet $(if $(filter no,$(LOCK)),--upgrade,$(LOCKED)) $(foreach name,$(1),--requirement $(call requirements,$(name)))
requirements = $(if $(filter no,$(LOCK)),requirements$(patsubst %,-%,$(filter-out controller,$(1))).txt,requirements/$(1).txt)

.DEFAULT_GOAL := help
.PHONY: help check demo test lint lint-quick unit coverage security security-long integration integration-newer browser browser-tools test-tools windows-host windows windows-long sanity bench release fleet lock types environments \
  molecule molecule-quick clean

help: ## Show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | column -t -s '	' 2>/dev/null || sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST)

# Whoever changes LOCK gets the other packages.
$(VENV)/.lock-is-$(LOCK) $(NEWER)/.lock-is-$(LOCK) $(MYPY39)/.lock-is-$(LOCK):
	@mkdir -p $(@D) && rm -f $(@D)/.lock-is-* && touch $@

$(VENV)/.controller: requirements.txt requirements/controller.txt requirements/compiler.txt $(VENV)/.lock-is-$(LOCK)
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or newer with venv and ensurepip was found. Install one, or name it: make PYTHON=/path/to/python3.12"; exit 1; }
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip $(call packages,controller)
	@# The bundle's launcher is a small static C program: ziglang compiles it where no compiler can.
	@printf 'int main(void){return 0;}' > $(VENV)/trial.c; \
	  ${CC} -static -o $(VENV)/trial $(VENV)/trial.c 2>/dev/null || $(VENV)/bin/python -m pip $(call packages,compiler); \
	  rm -f $(VENV)/trial $(VENV)/trial.c
	@touch $@

$(VENV)/.test: $(VENV)/.controller requirements-test.txt requirements/test.txt
	$(VENV)/bin/python -m pip $(call packages,controller test)
	@touch $@

$(VENV)/.molecule: $(VENV)/.test requirements-molecule.txt requirements/molecule.txt
	$(VENV)/bin/python -m pip $(call packages,controller test molecule)
	@touch $@

$(VENV)/.bench: $(VENV)/.controller requirements-bench.txt requirements/bench.txt
	$(VENV)/bin/python -m pip $(call packages,controller bench)
	@touch $@

$(NEWER)/.test: requirements.txt requirements-test.txt requirements/controller.txt requirements/test.txt $(NEWER)/.lock-is-$(LOCK)
	test -x $(NEWER)/bin/python || $(NEWER_PYTHON) -m venv $(NEWER)
	$(NEWER)/bin/python -m pip $(call packages,controller test)
	@touch $@

# The newest mypy no longer knows the oldest Python that the engine runs on.
$(MYPY39)/.mypy: requirements-mypy39.txt requirements/mypy39.txt $(MYPY39)/.lock-is-$(LOCK)
	test -x $(MYPY39)/bin/python || $(PYTHON) -m venv $(MYPY39)
	$(MYPY39)/bin/python -m pip $(call packages,mypy39)
	@touch $@

environments: $(VENV)/.molecule $(VENV)/.browser $(VENV)/.bench $(MYPY39)/.mypy ## Install everything that the other commands need

lock: $(VENV)/.bench ## Lock the requirement files in requirements/ (ARGS=--upgrade locks the newest releases)
	$(VENV)/bin/python tools/lock_requirements.py $(ARGS)

demo: $(VENV)/.controller ## Show the main features on this machine, without privileges
	$(VENV)/bin/python tools/demo.py

# Each of the first has use for one core only, and the others for all.
TEST_SIDE_BY_SIDE = lint browser sanity
TEST_IN_TURN = unit security integration integration-newer windows molecule-quick fleet
test: ## Run everything that must pass before a commit
	$(MAKE) --output-sync=target --jobs=3 $(TEST_SIDE_BY_SIDE)
	$(MAKE) $(TEST_IN_TURN)

check: lint-quick ## The inner loop: quick lint, types and unit tests but the slow ones, in half a minute (ARGS="-k plan" goes to pytest)
	@# In memory, where there is such a file system: what is installed there is flushed to its disk, as on a host.
	@place=$$(mktemp -d -p /dev/shm hermetic-check-XXXXXX 2>/dev/null || mktemp -d) && trap 'rm -rf "$$place"' EXIT && \
	  $(PYTEST) -q -n $(PYTEST_WORKERS) -m "not slow" --basetemp="$$place/tests" $(call tests,tests/unit tests/report)

types: $(VENV)/.browser $(MYPY39)/.mypy ## Check types, at Python 3.9 for code that runs on hosts (PARTS=tests/unit checks one part)
	$(VENV)/bin/python tools/check_types.py --oldest $(MYPY39)/bin/mypy $(PARTS)

lint-quick: types ## Check formatting, types and imports
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	@# Which room may import which.
	PYTHONPATH=.collections $(VENV)/bin/lint-imports --no-cache

lint: lint-quick ## Check formatting, types, imports, YAML, Ansible and changelog
	$(VENV)/bin/yamllint --strict .
	PATH="$(CURDIR)/$(VENV)/bin:$$PATH" $(VENV)/bin/ansible-lint --profile production --offline
	$(VENV)/bin/antsibull-changelog lint
	@# Each against the schema that the checker brings along.
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml docs/jobs/github.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.gitlab-ci docs/jobs/gitlab-ci.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.github-issue-forms .github/ISSUE_TEMPLATE/*.yml
	$(VENV)/bin/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml

# What some tests take besides: shells and archivers that hosts may have, a file system that folds case, and a tracer of system calls.
test-tools:
	$(call debian,busybox zsh bsdtar shasum fusermount3 strace setcap setfacl,busybox zsh libarchive-tools perl fuse3 strace libcap2-bin acl)

unit: $(VENV)/.test ## Unit tests, without root, network, processes or compilers (ARGS goes to pytest)
	$(PYTEST) -q -n $(PYTEST_WORKERS) $(call tests,tests/unit tests/report)

coverage: $(VENV)/.test ## Coverage of the unit tests, with a report per line in .build/coverage
	$(PYTEST) -q -n $(PYTEST_WORKERS) --cov --cov-report=term --cov-report=html $(call tests,tests/unit tests/report)

# The driver of axe, an accessibility checker, is made for another browser tool; only the script in it is wanted.
$(VENV)/.browser: $(VENV)/.test requirements-browser.txt requirements-axe.txt requirements/browser.txt requirements/axe.txt
	$(VENV)/bin/python -m pip $(call packages,controller test browser)
	$(VENV)/bin/python -m pip $(call packages,axe) --no-deps
	@touch $@

browser-tools:
	$(call debian,chromium chromedriver,chromium chromium-driver fonts-dejavu-core)

browser: $(VENV)/.browser browser-tools ## Tests of the report page in a browser, which is installed if root on Debian
	$(PYTEST) tests/browser -q

security: $(VENV)/.test test-tools ## Attacks: other users, hostile input, hidden tampering; most need root
	$(PYTEST) -q -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder $(call tests,tests/security)

security-long: $(VENV)/.test test-tools ## A thousand kills, power cuts and failing system calls (KILLS, POWER_CUTS, INJECTIONS, ROLLOUT_KILLS, KILL_SEED); takes hours
	$(PYTEST) tests/campaigns -q -s

integration: $(VENV)/.test test-tools ## Tests with real processes, bundles, roots, playbooks, faults and kills (ARGS goes to pytest)
	$(PYTEST) -q -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder $(call tests,tests/integration)

integration-newer: $(VENV)/.test ## The playbook tests with the newest ansible-core, if a newer Python is found
	@if [ -n "$(NEWER_PYTHON)" ] && ! $(VENV)/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 12))'; then \
	  $(MAKE) --no-print-directory $(NEWER)/.test && $(NEWER)/bin/python -m pytest tests/integration/test_playbooks.py tests/integration/test_play_refusals.py tests/integration/test_drift_report.py tests/integration/test_drift_report_cut_off.py -q -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder; \
	else echo "integration-newer: nothing to do, $(VENV) has the newest ansible-core that is available here"; fi

windows-host: $(VENV)/.test ## Create and start a Windows host for tests (Wine; needs root on Debian)
	@PYTHON="$(VENV)/bin/python" tests/windows/windows-host up

windows: $(VENV)/.test ## Tests on Windows hosts, if this machine can run them
	$(PYTEST) tests/windows -q -n $(PYTEST_WORKERS) --dist loadfile --no-loadscope-reorder

windows-long: $(VENV)/.test ## Kill the engine at every single step on Windows; takes hours (make windows tests a sample)
	KILL_EVERY=1 $(PYTEST) tests/windows/test_engine_kill.py -q -s

sanity: $(VENV)/.test ## ansible-test sanity on a staged copy
	$(VENV)/bin/python tools/sanity.py

# make reads options that begin with dashes itself: hence COMPARE=FILE and STORE=FILE.
bench: $(VENV)/.bench ## Compare with pip, uv and get_url, and measure the report of a large fleet (COMPARE=FILE finds what is slower than stored, STORE=FILE stores)
	@# Where no ssh hosts can be made, the benchmark itself says so.
	@$(MACHINES) check --install >/dev/null || true
	$(VENV)/bin/python bench/run.py $(if $(COMPARE),--compare $(COMPARE)) $(if $(STORE),--store $(STORE)) $(ARGS)
	$(VENV)/bin/python bench/fleet_report.py

release: $(VENV)/.test ## Build the archive of the collection in .build, and test its installation
	$(VENV)/bin/python tools/release.py

fleet: $(VENV)/.test ## Tests with twenty ssh hosts and failures, if test hosts can be made
	@if reason=$$($(MACHINES) check --install); then \
	  $(MACHINES) images debian-12 skewed && $(PYTEST) tests/fleet -q; \
	else echo "fleet: skipped, $$reason"; fi

molecule: $(VENV)/.molecule ## All molecule scenarios that this machine can run; needs root on Linux
	@reason=$$($(MACHINES) check --install) || { echo "molecule: cannot run here, $$reason"; exit 1; }
	@if reason=$$($(MACHINES) check --windows); then left_out=; \
	else left_out='--exclude windows'; echo "molecule: the scenario windows is left out, $$reason"; fi; $(MOLECULE) test --all $$left_out

molecule-quick: $(VENV)/.test ## The scenarios default and drift, if test hosts can be made
	@if reason=$$($(MACHINES) check --install); then \
	  $(MACHINES) images debian-12 debian-13 hostile && $(MAKE) --no-print-directory $(VENV)/.molecule && $(MOLECULE) test --scenario-name default --scenario-name drift; \
	else echo "molecule-quick: skipped, $$reason"; fi

clean: ## Remove everything that the other commands created
	rm -rf $(VENV) $(NEWER) $(MYPY39) .build .demo .bench reports
