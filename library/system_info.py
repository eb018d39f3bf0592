#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is installed on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: system_info
short_description: Tell what a host holds
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Returns the bundles, VirtualEnvs and generations of a host, as its records say. Use M(hermetic.python.drift) to have them checked.
extends_documentation_fragment:
  - hermetic.python.attributes.info
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.private
seealso:
  - module: hermetic.python.drift
"""

EXAMPLES = r"""
- name: See what the host holds
  hermetic.python.system_info:
  register: host

- name: Show the packages of each VirtualEnv
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.packages | map(attribute='name') | join(', ') }}"
  loop: "{{ host.info.virtualenvs }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
info:
  description: What is installed.
  returned: success
  type: dict
  contains:
    root:
      description: The root that was looked at.
      type: str
      returned: always
      sample: /opt/infra-system
    generation:
      description: Number of the current generation, or null where nothing is installed.
      type: int
      returned: always
      sample: 42
    in_force:
      description:
        - The generation that was switched to last, as in RV(info.generations), or null. Its number is another than RV(info.generation) where
          the link C(current) was removed or turned by somebody else; C(state=repaired) of M(hermetic.python.system) goes by this one.
      type: dict
      returned: always
      sample:
        number: 42
        bundles:
          python: python-3.12.11+4-5d2b4c8f0c4f
        virtualenvs:
          recipes: recipes-4be1c06a0d2f
    generations:
      description: All generations that can be gone back to.
      type: list
      elements: dict
      returned: always
      sample:
        - number: 42
          created: "2026-11-23T10:00:00Z"
          pinned: false
          bundles:
            python: python-3.12.11+4-5d2b4c8f0c4f
          virtualenvs:
            recipes: recipes-4be1c06a0d2f
    bundles:
      description: The bundles on the host, with what their archives say of them; C(active) tells which are in the current generation.
      type: list
      elements: dict
      returned: always
      sample:
        - id: python-3.12.11+4-5d2b4c8f0c4f
          name: python
          release: 3.12.11+4
          platform: linux-x86_64
          hermetic: launcher
          path: /opt/infra-system/bundles/python-3.12.11+4-5d2b4c8f0c4f
          active: true
    damaged:
      description: Bundles whose interpreter is so damaged that nothing of the host could be read; all else is empty then.
      type: list
      elements: str
      returned: always
      sample: []
    virtualenvs:
      description: The VirtualEnvs of the current generation with their packages.
      type: list
      elements: dict
      returned: always
      sample:
        - id: recipes-4be1c06a0d2f
          name: recipes
          bundle: python-3.12.11+4-5d2b4c8f0c4f
          path: /opt/infra-system/envs/recipes
          packages:
            - name: flask
              version: 3.1.2
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
  description: Why the task failed.
  returned: failure
  type: str
"""

from ansible.module_utils.basic import AnsibleModule

from ..module_utils.hermetic.spec import HIDDEN, RULES, SPECS
from ..module_utils.target_module import answer


def main() -> None:
    """Carry out what the action plugin prepared."""
    module = AnsibleModule(argument_spec={**SPECS["system_info"], **HIDDEN}, supports_check_mode=True, **RULES["system_info"])
    answer(module)


if __name__ == "__main__":
    main()
