#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole declared state of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: system
short_description: Install the declared bundles and VirtualEnvs on a host
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Brings a host to a declared state of hermetic Python bundles and VirtualEnvs, in one transaction. New content is fetched, verified and built
    beside the installed one, and then activated by a single rename. If anything fails, the host keeps its previous state.
  - Bundles and VirtualEnvs that are not declared are removed from the current generation.
  - The host needs no Python. If no usable bundle is installed, a shell script unpacks one first.
  - To change a single bundle or VirtualEnv, use M(hermetic.python.bundle) or M(hermetic.python.virtualenv).
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.bundles.list
  - hermetic.python.virtualenvs.list
  - hermetic.python.sources
  - hermetic.python.sources.downloads
  - hermetic.python.sources.wheel_selection
  - hermetic.python.sources.locks
  - hermetic.python.sources.prove
  - hermetic.python.sources.engine
  - hermetic.python.private
options:
  state:
    description:
      - V(present) installs what is declared.
      - V(repaired) restores the current generation from the same artifacts. Nothing that was declared since is deployed. O(bundles) and
        O(virtualenvs) may be given as additional sources of artifacts.
      - V(absent) removes everything that this collection installed below O(root), and O(root) itself if nothing else is in it. Other files are
        kept and named in a warning.
    type: str
    choices: [present, repaired, absent]
    default: present
  consistency:
    description:
      - What happens if an environment that is installed or put into force is not consistent. With V(error), nothing is switched.
      - It is not if a package requires another one that is missing or has another version (C(Requires-Dist) without extras, for the Python of
        the bundle, as C(pip check) does), or another Python; or if the module of a command does not exist.
      - Requirements are only compared if the bundle that runs the task has Python 3.11 or newer.
    type: str
    choices: [ignore, warning, error]
    default: warning
  force:
    description:
      - With O(state=absent), remove the root even if processes run from it, or if this cannot be checked because no interpreter starts.
    type: bool
    default: false
  forget:
    description:
      - With O(state=absent), also remove what the controller remembers of the VirtualEnvs that this host made in O(root). A deep verification
        compares other hosts with the same O(root) with it as well, so set it only for roots that are not used again, such as those of CI jobs.
    type: bool
    default: false
  rollout:
    description:
      - Name of the roll-out that this task belongs to, in lower case. It is recorded with the generation that the task switches to, so that
        the host can go back to what it had before, with O(hermetic.python.generation#module:rollout). The generation that was current
        before is not pruned while one of this roll-out is current.
      - The playbook C(hermetic.python.rollout) sets it.
    type: str
seealso:
  - module: hermetic.python.drift
  - module: hermetic.python.generation
  - module: hermetic.python.system_info
"""

EXAMPLES = r"""
- name: Give the host its Python and two VirtualEnvs
  hermetic.python.system:
    repository: https://packages.example.com/hermetic
    bundles:
      - name: python
        channel: stable
    virtualenvs:
      - name: recipes
        lock: locks/pylock.recipes.toml
      - name: reports
        lock: locks/reports-requirements.txt

- name: Keep Python 2.7 beside it for one old program, below a directory of the user's own
  hermetic.python.system:
    root: ~/infra-system
    repository: https://packages.example.com/hermetic
    bundles:
      - name: python
        release: 3.12.11+4
        default: true
      - name: python27
        release: 2.7.18+2
    virtualenvs:
      - name: recipes
        lock: locks/pylock.recipes.toml
      - name: ledger
        lock: locks/ledger-requirements.txt
        bundle: python27

- name: Install from one archive on the controller, on hosts that reach no network
  hermetic.python.system:
    transfer: push
    bundles:
      - archive: dist/python-3.12.11+4-linux-x86_64.tar.gz
        sha256: 5d2b4c8f0c4f8a5f4f0f5b5b6d1f3c1e9a7e2d4c6b8a0f1e2d3c4b5a69788796

- name: Repair what was tampered with, and deploy nothing
  hermetic.python.system:
    state: repaired
    repository: https://packages.example.com/hermetic

- name: Remove everything, unless a program still runs from it
  hermetic.python.system:
    state: absent
"""

RETURN = r"""
plan:
  description:
    - The steps in the order in which they are carried out. Empty when there is nothing to do.
    - In check mode, and always with M(hermetic.python.drift), these are the steps that would be taken.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description:
        - The kind of step.
        - V(install_bundle) and V(build_environment) install what is missing; V(repair_bundle) and V(repair_environment) reinstall what
          was changed on the host.
        - V(check) runs the checks of a bundle or VirtualEnv that changes.
        - V(switch) makes another generation the current one; V(restore_links) makes the links of the current generation again.
        - V(pin) and V(unpin) mark a generation; V(prune) removes what is no longer needed; V(uninstall) removes the whole root.
        - V(protect) restores mode, owner and access of the root's own directories and records; V(rename) restores the spelling of a name;
          V(set_aside) moves an unknown file to C(state/unexpected).
      type: str
      returned: always
    subject:
      description: What the step changes, such as V(bundle:python), V(virtualenv:recipes), V(generation) or V(store).
      type: str
      returned: always
    reason:
      description: Why the step is needed.
      type: str
      returned: always
  sample:
    - action: build_environment
      subject: virtualenv:recipes
      reason: its content is declared and not on this host
    - action: switch
      subject: generation
      reason: from generation 41 to generation 42
findings:
  description: The differences between what is declared and what is on the host, sorted by subject.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description:
        - What differs, such as V(bundle:python), V(virtualenv:recipes), V(package:recipes/flask), V(file:recipes/bin/flask),
          V(generation) or V(store).
      type: str
      returned: always
    kind:
      description:
        - One of V(missing), V(unexpected), V(modified), V(version), V(link), V(mode), V(owner), V(interpreter), V(not_runnable),
          V(interrupted), V(stale), V(receipt), V(outdated_process) and V(unhealthy). A V(receipt) is a record that was changed on the host.
          A V(outdated_process) is what still runs from an older tree, and V(unhealthy) a check that failed, if the module
          M(hermetic.python.drift) was to find them (options C(processes) and C(run_checks)).
      type: str
      returned: always
    severity:
      description: V(high) for what runs code or lets others write, otherwise V(medium). V(low) for processes that could not be examined.
      type: str
      returned: always
    cause:
      description:
        - V(pending) when the declaration changed and the host did not; V(tampered) when the host was changed since the last run;
          V(interrupted) when a run was cut off.
      type: str
      returned: always
    expected:
      description: What was expected, or null.
      type: str
      returned: always
    actual:
      description: What was found, or null.
      type: str
      returned: always
    path:
      description: The path on the host, or null where the subject is a whole package.
      type: str
      returned: always
    remedy:
      description: Suggested fix.
      type: str
      returned: always
    count:
      description: Number of paths, where more than ten differences of one kind in one tree are combined into one finding.
      type: int
      returned: when the finding combines several paths
      sample: 1234
    examples:
      description: Some of these paths, relative to their tree.
      type: list
      elements: str
      returned: when the finding combines several paths
      sample:
        - lib/python3.12/site-packages/flask/app.py
  sample:
    - subject: package:recipes/flask
      kind: version
      severity: medium
      cause: pending
      expected: 3.1.2
      actual: 3.1.1
      path: null
      remedy: Converge to build the environment that is declared.
generation:
  description: Number of the current generation before and after the task. Both are the same when no switch was needed.
  returned: success
  type: dict
  contains:
    before:
      description: The generation that was current, or null when nothing was installed.
      type: int
      returned: always
    after:
      description: The generation that is current now, or would be. Null when nothing is installed.
      type: int
      returned: always
  sample:
    before: 41
    after: 42
bundles:
  description: The release of each bundle in the current generation.
  returned: success
  type: dict
  sample:
    python: 3.12.11+4
rollout:
  description: Name of the roll-out that the current generation is of.
  returned: success, if it is of one
  type: str
  sample: october
declared:
  description:
    - A summary of the declaration. C(bundles) has the release of each bundle; C(virtualenvs) has C(bundle) and C(packages) of each
      VirtualEnv, where C(packages) has the version of each package.
    - A VirtualEnv that was declared with C(spec) also has C(specification), with C(file) and the C(sha256) of its text.
    - Both are empty when nothing was declared.
  returned: success
  type: dict
  sample:
    bundles:
      python: 3.12.11+4
    virtualenvs:
      recipes:
        bundle: python
        packages:
          flask: 3.1.2
changed_bundles:
  description:
    - The bundles whose stable paths lead to another tree than before, by name. Use it to decide which services to restart.
    - C(change) is V(added), V(replaced), V(reinstalled), V(relinked), V(default) or V(removed). C(before) and C(after) are releases, or null.
      C(packages) has the packages of the bundle whose versions differ, null on a side where the package is not there, or is not known.
  returned: success
  type: dict
  sample: {}
changed_virtualenvs:
  description:
    - The VirtualEnvs whose stable paths lead to another tree than before, by name. Use it instead of RV(plan) to decide which services to
      restart. An environment that is still on the host takes no step of its own in the plan.
    - C(change) is V(added), V(replaced), V(reinstalled), V(relinked) or V(removed). C(before) and C(after) are the names of the trees, or
      null. C(bundle) has the releases of the bundle, and C(packages) the packages whose versions differ.
  returned: success
  type: dict
  sample:
    recipes:
      change: replaced
      before: recipes-0d51f3d2b1aa
      after: recipes-4be1c06a0d2f
      bundle:
        before: 3.12.11+4
        after: 3.12.11+4
      packages:
        flask:
          before: 3.1.1
          after: 3.1.2
bytes:
  description: Number of bytes that were removed, or would be.
  returned: when O(state=absent)
  type: int
  sample: 128734511
checks:
  description:
    - The checks that ran, in their order, with C(subject), C(name), C(when) (V(before) or V(after) the switch), C(argv) as it was run, C(user) (null for
      the user of the task), C(passed), C(rc) (null if it was killed at its time limit or did not start), C(expected_rc), C(how) it ended, and
      C(seconds). C(output) has the last lines that a failed check wrote, at most 20.
    - Values of C(environment) and passwords are masked.
  returned: when checks ran, also on failure
  type: list
  elements: dict
  sample:
    - subject: virtualenv:recipes
      name: smoke
      when: before
      argv: [/opt/infra-system/environments/recipes-4be1c06a0d2f/bin/python, -c, import flask]
      user: nobody
      passed: true
      rc: 0
      expected_rc: 0
      how: ended with exit code 0
      seconds: 0.114
      output: []
switched_back:
  description:
    - Whether a check failed after the switch, and the generation from before is in force again. RV(generation) has its number, null if there was none,
      and RV(failed_generation) the number of the generation whose check failed.
  returned: when checks failed
  type: bool
  sample: false
failed_generation:
  description: Number of the generation whose check failed after the switch. It is not kept if it was switched back.
  returned: when checks failed after the switch
  type: int
  sample: 42
diff:
  description: The differences as text, one line for each subject.
  returned: when diff mode is on and something differs
  type: dict
  contains:
    before_header:
      description: The root and its generation before the task.
      type: str
      returned: always
    after_header:
      description: The root and its generation after the task.
      type: str
      returned: always
    before:
      description: What was found.
      type: str
      returned: always
    after:
      description: What was expected.
      type: str
      returned: always
  sample:
    before_header: /opt/infra-system (generation 41)
    after_header: /opt/infra-system (generation 42)
    before: "package:recipes/flask: 3.1.1\n"
    after: "package:recipes/flask: 3.1.2\n"
timings:
  description:
    - Seconds that each part took. A part that was not needed is left out.
    - On the controller, C(probe) (detecting platform and interpreter), C(controller) (resolving the declaration), C(push) (copying
      artifacts to the host), C(verify_interpreter) and C(bootstrap) (before the first start of an interpreter), and C(module) (the whole
      run of the module on the host, with its transfer).
    - On the host, C(observe), C(plan), C(fetch), C(install) (bundles), C(build) (VirtualEnvs), C(check), C(switch), C(prune), C(uninstall) and
      C(foreign_pythons). On Windows also C(find) (the interpreter) and C(engine) (all of the engine).
  returned: when the host was reached
  type: dict
  sample:
    probe: 0.05
    controller: 0.11
    module: 1.42
    observe: 0.02
    plan: 0.001
platform:
  description: Platform of the host, as detected.
  returned: when the host was reached
  type: str
  sample: linux-x86_64
errors:
  description: All problems behind RV(msg), one per entry.
  returned: failure
  type: list
  elements: str
  sample:
    - "no wheel of grpcio 1.76.0 for windows-x86_64-cp312; the index has only its source: build a wheel, publish it and lock that"
msg:
  description: The result in one sentence, or why the task failed.
  returned: always
  type: str
  sample: "2 steps taken to generation 42: build_environment virtualenv:recipes; switch generation."
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.hermetic.spec import HIDDEN, RULES, SPECS
from ..module_utils.target_module import answer


def main() -> None:
    """Carry out what the action plugin prepared."""
    module = AnsibleModule(argument_spec={**SPECS["system"], **HIDDEN}, supports_check_mode=True, **RULES["system"])
    answer(module)


if __name__ == "__main__":
    main()
