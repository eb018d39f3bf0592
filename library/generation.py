#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The generations of a host: go back, pin, prune."""

from __future__ import annotations

DOCUMENTATION = r"""
module: generation
short_description: Roll back, pin or prune the generations of a host
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Every change of a host makes a new numbered generation. This module switches between the generations that are kept on the host.
  - Switching is a single rename and needs no network. The next run of M(hermetic.python.system) returns to the declared state.
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.private
options:
  state:
    description:
      - V(active) makes the generation O(number) the current one.
      - V(pinned) protects it from being pruned. V(unpinned) removes this protection.
      - V(pruned) removes all but the newest O(keep_generations) generations, everything that only they need, and what interrupted runs left.
    type: str
    choices: [active, pinned, unpinned, pruned]
    default: active
  number:
    description:
      - Number of the generation, or V(previous) for the one before the current generation.
      - The default is V(previous) for O(state=active), and the current generation for O(state=pinned) and O(state=unpinned).
      - V(previous) goes back one more generation in each run. Use a number if the task must be idempotent.
    type: str
  rollout:
    description:
      - Go back to the generation that was current before the roll-out with this name (option O(hermetic.python.system#module:rollout))
        switched this host, however often it did.
      - Nothing is changed if another roll-out, or a task without one, has made the current generation, or if nothing is installed.
        If the roll-out installed the first generation of the host, that stays, with a warning.
    type: str
  keep_generations:
    description:
      - Number of generations to keep on the host for a rollback. Older ones are pruned, unless they are pinned.
    type: int
    default: 3
  lock_timeout:
    description:
      - Seconds to wait for another run on the same O(root).
    type: int
    default: 300
seealso:
  - module: hermetic.python.system_info
"""

EXAMPLES = r"""
- name: Go back to the state before the last change
  hermetic.python.generation:
    number: previous

- name: Take back what a roll-out did
  hermetic.python.generation:
    rollout: packages-2026-11

- name: Never prune generation 41
  hermetic.python.generation:
    state: pinned
    number: 41

- name: Leave only the current generation and what is pinned
  hermetic.python.generation:
    state: pruned
    keep_generations: 1
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
    - action: switch
      subject: generation
      reason: from generation 42 to generation 41
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
  sample: []
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
    before: 42
    after: 41
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
      before: recipes-4be1c06a0d2f
      after: recipes-0d51f3d2b1aa
      bundle:
        before: 3.12.11+4
        after: 3.12.11+4
      packages:
        flask:
          before: 3.1.2
          after: 3.1.1
bytes:
  description: Number of bytes that were removed, or would be.
  returned: when O(state=pruned)
  type: int
  sample: 128734511
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
    before_header: /opt/infra-system (generation 42)
    after_header: /opt/infra-system (generation 41)
    before: "package:recipes/flask 3.1.2\n"
    after: "package:recipes/flask 3.1.1\n"
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
  sample: "1 step taken to generation 41: switch generation; virtualenv recipes: flask 3.1.2 -> 3.1.1."
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.hermetic.spec import HIDDEN, RULES, SPECS
from ..module_utils.target_module import answer


def main() -> None:
    """Carry out what the action plugin prepared."""
    module = AnsibleModule(argument_spec={**SPECS["generation"], **HIDDEN}, supports_check_mode=True, **RULES["generation"])
    answer(module)


if __name__ == "__main__":
    main()
