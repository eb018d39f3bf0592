# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A play in which every module shows all that its results can hold: changes, drift of all sorts, diffs, refusals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.repository.signature import make_keys
from play_fleet import Fleet
from programs import write_program
from roots import Archive
from supply_samples import make_bundle

Task = dict[str, Any]

CALLBACK = "hermetic.python.drift_report"
# Refused by every module, in the same words.
_WITH_SPACE = "/nowhere/with space"

# Whoever runs it, and whether that user gets to the program.
_FAILS = [{"argv": ["{python}", "-c", "print('no'); raise SystemExit(3)"]}]


def _checked(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of which the first bundle has a check after the switch that fails."""
    first, *others = options["bundles"]
    return {**options, "bundles": [{**first, "checks_after": _FAILS}, *others]}


def _task(module: str, /, *, check: bool = False, **options: Any) -> Task:
    return {"name": module, f"hermetic.python.{module}": options, "diff": True, "check_mode": check, "ignore_errors": True}


def _alter(root: Path, command: str) -> Task:
    return {"name": "alter", "ansible.builtin.raw": f"cd {root} && {command}"}


def on_a_host(fleet: Fleet, later_release: str) -> Iterator[Task]:
    """Yield the life of one root."""
    root: dict[str, Any] = {"root": str(fleet.root)}
    places = {**root, "repository": str(fleet.repository), "find_links": fleet.options()["find_links"]}
    changed = fleet.lock("changed", fleet.wheels["alpha-1.0"], fleet.wheels["beta-2.0"])
    later = {"name": "python", "release": later_release, "root": places["root"], "repository": places["repository"]}
    yield _task("drift", **fleet.options())
    yield _task("system", check=True, **fleet.options())
    yield _task("system", **_checked(fleet.options()))
    yield _task("system", **fleet.options(rollout="october"))
    yield _task("system", **fleet.options())
    # Planned only, so that the generation in force is still that of the roll-out.
    yield _task("bundle", check=True, **later)
    yield _task("virtualenv", check=True, name="one", lock=changed, **places)
    yield _task("drift", **_checked(fleet.options(run_checks=True)))
    yield _task("system_info", processes=True, **root)
    wheel = fleet.wheels["beta-2.0"]
    yield _task("script", path=str(write_program(fleet.directory / "scripts", [wheel])), arguments=["one"], root=str(fleet.root))
    nowhere = write_program(fleet.directory / "scripts", [wheel, fleet.wheels["delta-1.0"]], name="nowhere.py", addresses=False)
    yield _task("script", path=str(nowhere), transfer="pull", retries=0, **root)
    yield _alter(fleet.root, "rm current/bin/python")
    yield _alter(fleet.root, "cd envs/two/lib/python*/site-packages; touch $(seq --format stray%g.py 12)")
    yield _task("drift", **fleet.options(verify="deep", foreign_pythons=True, processes=True))
    yield _task("drift", against="installed", **root)
    yield _task("system", state="repaired", **places)
    sleeper = fleet.directory / "sleeper"
    yield _alter(fleet.root, f"envs/one/bin/python -c 'import time; time.sleep(600)' >/dev/null 2>&1 </dev/null & echo $! >{sleeper}")
    yield _task("bundle", checks_after=_FAILS, **later)
    yield _task("virtualenv", name="one", lock=changed, checks_after=_FAILS, **places)
    yield _task("bundle", **later)
    yield _task("system_info", processes=True, **root)
    yield _alter(fleet.root, f"kill $(cat {sleeper})")
    yield _task("virtualenv", name="one", lock=changed, **places)
    yield _task("virtualenv", name="two", state="absent", **root)
    yield _task("generation", number="previous", **root)
    yield _task("generation", state="pinned", number="1", **root)
    yield _task("generation", state="unpinned", number="1", **root)
    yield _task("generation", state="pruned", keep_generations=1, **root)
    yield _alter(fleet.root, "echo mine > mine.txt")
    yield _task("system", state="absent", **root)
    for module in ("system", "bundle", "drift", "generation", "system_info"):
        yield _task(module, root=_WITH_SPACE)
    yield _task("virtualenv", root=_WITH_SPACE, name="one", state="absent")
    yield _task("script", root=_WITH_SPACE, path=str(nowhere))


def on_the_controller(bundle: Archive, interpreter: Path, directory: Path) -> Iterator[Task]:
    """Yield tasks of the modules that run on the controller only."""
    build: dict[str, Any] = {"release": bundle.release, "interpreter": str(interpreter)}
    yield _task("bundle_build", check=True, dest=str(directory), **build)
    # It is there already, made from the same inputs: nothing is built, and the result says all the same.
    yield _task("bundle_build", dest=str(bundle.path.parent), **build)
    yield _task("bundle_build", dest=str(directory), release="1", interpreter="/nowhere/python3", download_timeout=0)
    repository = str(directory / "repository")
    yield _task("repository", path=repository, archives=[str(make_bundle(directory))], channel="canary", release="3.12.1+1")
    staged = {"name": "october", "state": "running", "percent": 10}
    yield _task("repository", path=repository, channel="canary", release="3.12.1+1", rollout=staged)
    yield _task("repository", path=repository, rollout={"name": "shared", "state": "completed", "run": "0" * 12, "runs": 2})
    yield _task("repository", path=repository, rollout={"name": "shared", "state": "halted", "reason": "One host is bad."})
    yield _task("repository", path=repository, state="verified")
    signed: dict[str, Any] = {"private_key": str(directory / "signed.pem"), "generate_key": True}
    yield _task("repository", path=str(directory / "signed"), archives=[str(make_bundle(directory))], **signed)
    make_keys(directory / "other.pem", directory / "other.pub")
    two = [{"private_key": signed["private_key"]}, {"public_key": str(directory / "other.pub")}]
    yield _task("repository", path=str(directory / "signed"), pending=True, keys=[{"roles": ["root"], "threshold": 2, "keys": two}])
    yield _task("repository", path=repository, archives=["/nowhere"])
    yield _task("require_handlers", virtualenvs=[{"name": "web"}])
    yield _task("require_handlers", virtualenvs=[{"name": "web", "notify": "Reload proxy"}])
    yield _task("drift_report", directory=str(directory / "reports"), fail=False)
    yield _task("drift_report", directory=str(directory / "reports"), merge=["/nowhere/*.json"])
