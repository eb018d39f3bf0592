#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The whole declared state of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: system
short_description: Give a host its bundles and VirtualEnvs
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Brings a host to one declared state of hermetic Python bundles and VirtualEnvs, in one transaction. Everything is fetched, checked
    and built beside what is there; then one rename switches to it. A host that cannot be brought there keeps what it has.
  - What the host has and the declaration does not name is removed from the current generation.
  - The host needs no Python. Where no bundle is installed that could run the work, one is unpacked by a small shell script first.
  - To change one bundle or VirtualEnv and leave the rest as it is, use M(hermetic.python.bundle) or M(hermetic.python.virtualenv).
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
      - With V(present) the host gets what is declared.
      - With V(repaired) the host gets back what its active generation was given, from the same artifacts. What was declared since is not
        deployed; O(bundles) and O(virtualenvs), where given, only tell where artifacts come from.
      - With V(absent) all that this collection made below O(root) is removed, and O(root) itself when nothing else is in it. What the
        collection did not make stays and is named in a warning.
    type: str
    choices: [present, repaired, absent]
    default: present
  force:
    description:
      - Whether O(state=absent) removes a root that processes run from, or in which no interpreter starts that could tell.
    type: bool
    default: false
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
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when there is nothing to do.
  returned: success
  type: list
  elements: dict
  contains:
    action:
      description: What is done.
      type: str
      returned: always
      sample: build_environment
    subject:
      description: What it is done to.
      type: str
      returned: always
      sample: virtualenv:recipes
    reason:
      description: Why.
      type: str
      returned: always
      sample: its content is declared and not on this host
  sample:
    - action: build_environment
      subject: virtualenv:recipes
      reason: its content is declared and not on this host
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
bundles:
  description: The bundles of the current generation as they were found, each with its release.
  returned: success
  type: dict
  sample:
    python: 3.12.11+4
declared:
  description:
    - What was declared, in short. C(bundles) has the release of each bundle; C(virtualenvs) has C(bundle) and C(packages) of each
      VirtualEnv, where C(packages) has the version of each package.
    - An empty value where nothing was declared.
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
  returned: when O(state=absent)
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
