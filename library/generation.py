#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The generations of a host: go back, pin, prune."""

from __future__ import annotations

DOCUMENTATION = r"""
module: generation
short_description: Go back to an earlier state of a host, pin one, or prune old ones
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Every change of a host makes a new numbered generation. This module switches between those that are still there.
  - Switching is one rename and needs no network. A run of M(hermetic.python.system) switches forward again to what is declared.
extends_documentation_fragment:
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.private
options:
  state:
    description:
      - With V(active) the generation O(number) becomes the current one.
      - With V(pinned) it is never pruned; with V(unpinned) it may be pruned again.
      - With V(pruned) old generations are pruned. What only generations older than O(keep_generations) need is removed, and what interrupted runs left.
    type: str
    choices: [active, pinned, unpinned, pruned]
    default: active
  number:
    description:
      - Number of the generation, or V(previous) for the one before the current.
      - The default is V(previous) for O(state=active), and the current generation for O(state=pinned) and O(state=unpinned).
      - With V(previous) every run goes back one more; name the number where a task must be idempotent.
    type: str
  keep_generations:
    description:
      - How many generations stay on the host to go back to. What only older ones need is removed.
    type: int
    default: 3
  lock_timeout:
    description:
      - Seconds to wait for another run that works on the same O(root).
    type: int
    default: 300
seealso:
  - module: hermetic.python.system_info
"""

EXAMPLES = r"""
- name: Go back to the state before the last change
  hermetic.python.generation:
    number: previous

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
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when there is nothing to do.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: What is done.
      type: str
      returned: always
      sample: switch
    subject:
      description: What it is done to.
      type: str
      returned: always
      sample: generation
    reason:
      description: Why.
      type: str
      returned: always
      sample: from generation 42 to generation 41
  sample:
    - action: switch
      subject: generation
      reason: from generation 42 to generation 41
findings:
  description: Every difference between what is declared and what is on the host.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: What differs, such as V(virtualenv:recipes), V(package:recipes/flask) or V(file:recipes/bin/flask).
      type: str
      returned: always
      sample: package:recipes/flask
    kind:
      description:
        - One of V(missing), V(unexpected), V(modified), V(version), V(link), V(mode), V(owner), V(interpreter), V(not_runnable),
          V(interrupted), V(stale) and V(receipt), which is a record that was changed on the host.
      type: str
      returned: always
      sample: missing
    severity:
      description: How much it matters, such as V(high) for what runs code.
      type: str
      returned: always
      sample: high
    cause:
      description:
        - V(pending) when the declaration moved on and the host is as it was left; V(tampered) when the host is not as it was left;
          V(interrupted) for what a crash left behind.
      type: str
      returned: always
      sample: tampered
    expected:
      description: What was declared.
      type: str
      returned: always
      sample: flask 3.1.2
    actual:
      description: What was found.
      type: str
      returned: always
      sample: null
    path:
      description: Where it was found.
      type: str
      returned: always
      sample: /opt/infra-system/environments/recipes-4be1c06a0d2f/lib/python3.12/site-packages/flask
    remedy:
      description: What repairs it.
      type: str
      returned: always
      sample: Converge to install it again from the verified artifact, or roll back.
    count:
      description: How many paths of one tree it stands for. More than ten differences of one kind are one finding.
      type: int
      returned: when it stands for many
      sample: 1234
    examples:
      description: Some of these paths.
      type: list
      elements: str
      returned: when it stands for many
      sample:
        - lib/python3.12/site-packages/flask/app.py
generation:
  description: Numbers of the generation before and after. Both are the same when nothing changes.
  returned: success
  type: dict
  contains:
    before:
      description: The generation that was active, or null on a host that had none.
      type: int
      returned: always
      sample: 41
    after:
      description: The generation that is active now, or would be.
      type: int
      returned: always
      sample: 42
  sample:
    before: 41
    after: 42
changed_bundles:
  description:
    - The bundles that the stable paths lead to another state of than before, by name, so that what uses them can be restarted.
    - C(change) is V(added), V(replaced), V(reinstalled), V(relinked), V(default) or V(removed); C(before) and C(after) are releases.
  returned: success
  type: dict
  sample:
    python:
      change: replaced
      before: 3.12.11+3
      after: 3.12.11+4
changed_virtualenvs:
  description:
    - The VirtualEnvs that their stable paths lead to another state of than before, by name. Use this, and not RV(plan), to decide about
      restarts, since an environment that is on the host already takes no step of its own.
    - C(change) is V(added), V(replaced), V(reinstalled), V(relinked) or V(removed). C(before) and C(after) name the trees, C(bundle) the
      releases below them, and C(packages) each package with another version than before.
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
  description: How many bytes were removed, or would be.
  returned: when O(state=pruned)
  type: int
  sample: 128734511
diff:
  description: The differences as text, one line for each subject.
  returned: when diff mode is on
  type: dict
  sample:
    before: "package:recipes/flask: 3.1.1"
    after: "package:recipes/flask: 3.1.2"
timings:
  description: Seconds that each part took, on the controller (C(controller), C(probe), C(bootstrap), C(push)) and on the host.
  returned: always
  type: dict
  sample:
    probe: 0.05
    controller: 0.11
    observe: 0.02
    fetch: 1.31
    total: 2.4
platform:
  description: Platform of the host, as the probe found it.
  returned: always
  type: str
  sample: linux-x86_64
errors:
  description: Every single problem behind RV(msg), so that all can be fixed at once.
  returned: when the task failed
  type: list
  elements: str
  sample:
    - no wheel of grpcio 1.76.0 for windows-x86_64-cp312
msg:
  description: The result in one sentence.
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
