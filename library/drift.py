#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What differs between the declared and the found state of a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: drift
short_description: Check whether a host is exactly as declared
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Compares a host with its declaration and returns every difference, with its cause. Nothing is changed.
  - C(changed) is always V(false). RV(findings) and RV(clean) say whether there is drift.
  - Without O(bundles), or with O(against=installed), the host is compared with its own current generation only, which shows what was
    tampered with but not what is pending.
extends_documentation_fragment:
  - hermetic.python.attributes.reads
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
  against:
    description:
      - What the host is compared with.
      - With V(declared), with O(bundles) and O(virtualenvs). What they declare and the host was not given yet is a finding as well
        (cause C(pending)).
      - With V(installed), with its active generation, that is what it was given last. O(bundles) and O(virtualenvs), where given, only
        name artifacts, such as one for an interpreter that looks where the host's own does not start. A host on which nothing is
        installed fails, and C(generation.before) is null in its result. No finding has the cause C(pending).
    type: str
    choices: [declared, installed]
    default: declared
  foreign_pythons:
    description:
      - Whether RV(foreign) lists the packages of the host's other Pythons as well, those of the system, C(/usr/local), pyenv and users.
      - They are returned beside the findings, and are no drift.
    type: bool
    default: false
seealso:
  - module: hermetic.python.system
  - module: hermetic.python.system_info
"""

EXAMPLES = r"""
- name: Compare the host with its declaration
  hermetic.python.drift:
    repository: https://packages.example.com/hermetic
    bundles:
      - name: python
    virtualenvs:
      - name: recipes
        lock: locks/pylock.recipes.toml
  register: drift

- name: Read every file of what is installed and compare its digest
  hermetic.python.drift:
    verify: deep
  register: drift

- name: Ask what was tampered with, whatever is declared by now
  hermetic.python.drift:
    repository: https://packages.example.com/hermetic
    against: installed
    verify: deep
  register: drift

- name: Fail where anything was tampered with
  ansible.builtin.assert:
    that: drift.findings | selectattr('cause', 'equalto', 'tampered') | length == 0
"""

RETURN = r"""
clean:
  description: Whether there is no finding at all.
  returned: success
  type: bool
  sample: false
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
vouched:
  description:
    - What the records of the host were compared with. They lie on the host, so that whoever is root there may have changed them together with
      the trees that they speak of; the controller knows them from the repository, and from the runs that installed them.
  returned: when O(verify=deep)
  type: dict
  contains:
    known:
      description: How many records were compared with what the controller knows.
      type: int
      returned: always
      sample: 42
    unknown:
      description: The records that the controller knows nothing of. They are no drift, but only they themselves vouch for their trees.
      type: list
      elements: str
      returned: always
      sample:
        - environments/recipes-4be1c06a0d2f
    interpreter:
      description: Whether the bundle that ran the check was compared with its published manifest before it was started.
      type: bool
      returned: always
      sample: true
  sample:
    known: 42
    unknown: []
    interpreter: true
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
foreign:
  description: The Pythons that are not of this collection, with their packages, read from their metadata; none of them was run.
  returned: when O(foreign_pythons) is set
  type: list
  elements: dict
  contains:
    interpreter:
      description: The Python, or the directory of a user's own packages.
      type: str
      returned: always
      sample: /usr/bin/python3.11
    version:
      description: Its version, as far as files tell.
      type: str
      returned: always
      sample: 3.11.2
    packages:
      description: The version of each package.
      type: dict
      returned: always
      sample:
        requests: 2.28.1
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
  sample: "1 finding (1 tampered): package:recipes/flask missing."
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.hermetic.spec import HIDDEN, RULES, SPECS
from ..module_utils.target_module import answer


def main() -> None:
    """Carry out what the action plugin prepared."""
    module = AnsibleModule(argument_spec={**SPECS["drift"], **HIDDEN}, supports_check_mode=True, **RULES["drift"])
    answer(module)


if __name__ == "__main__":
    main()
