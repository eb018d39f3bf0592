#!/usr/bin/python
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is installed on a host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: system_info
short_description: Return the installed bundles, VirtualEnvs and generations of a host
version_added: 1.0.0
author:
  - The hermetic.python authors (@hermetic-python)
description:
  - Returns the bundles, VirtualEnvs and generations of a host from its records. To verify them, use M(hermetic.python.drift).
extends_documentation_fragment:
  - hermetic.python.attributes.info
  - hermetic.python.attributes
  - hermetic.python.root
  - hermetic.python.private
options:
  processes:
    description:
      - Look for processes that still run from an older bundle or VirtualEnv, in RV(processes).
      - Run the task as root, or as an administrator on Windows. Other users cannot examine all processes, and RV(processes.complete) is V(false).
    type: bool
    default: false
seealso:
  - module: hermetic.python.drift
"""

EXAMPLES = r"""
- name: Read what is installed on the host
  hermetic.python.system_info:
  register: host

- name: Show the packages of each VirtualEnv
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.packages | map(attribute='name') | join(', ') }}"
  loop: "{{ host.info.virtualenvs }}"
  loop_control:
    label: "{{ item.name }}"

- name: Read which processes still run from an older bundle or VirtualEnv
  hermetic.python.system_info:
    processes: true
  become: true
  register: host

- name: Show them
  ansible.builtin.debug:
    msg: "{{ host.processes.outdated }}"
"""

RETURN = r"""
info:
  description: What is installed.
  returned: success
  type: dict
  contains:
    root:
      description: The root that was read.
      type: str
      returned: always
      sample: /opt/infra-system
    generation:
      description: Number of the generation that the link C(current) leads to, or null.
      type: int
      returned: always
      sample: 42
    in_force:
      description:
        - The generation of the last switch, in the form of RV(info.generations), or null. It differs from RV(info.generation) when the link
          C(current) was removed or changed by somebody else. C(state=repaired) of M(hermetic.python.system) repairs this generation.
      type: dict
      returned: always
      sample:
        number: 42
        created: "2026-11-23T10:00:00Z"
        pinned: false
        default: python
        bundles:
          python: python-3.12.11+4-5d2b4c8f0c4f
        virtualenvs:
          recipes: recipes-4be1c06a0d2f
        previous: 41
        rollout: null
        before_rollout: null
    generations:
      description:
        - All generations on the host. C(default) is the default bundle; C(bundles) and C(virtualenvs) have the names of the trees.
        - C(previous) is the generation that was current when this one was made, or null. C(rollout) is the roll-out that made it, or null,
          and C(before_rollout) the generation that the roll-out leads back to.
      type: list
      elements: dict
      returned: always
      sample:
        - number: 42
          created: "2026-11-23T10:00:00Z"
          pinned: false
          default: python
          bundles:
            python: python-3.12.11+4-5d2b4c8f0c4f
          virtualenvs:
            recipes: recipes-4be1c06a0d2f
          previous: 41
          rollout: null
          before_rollout: null
    bundles:
      description:
        - All bundles on the host, with the content of their C(bundle.json) except the list of files.
        - C(active) is true for those of the generation in force.
      type: list
      elements: dict
      returned: always
      sample:
        - name: python
          release: 3.12.11+4
          platform: linux-x86_64
          format: 1
          hermetic: launcher
          engine: true
          engine_digest: 7d926a860b7584b45e1060167cb3df82d142b287199ebdf06a50f5d21fe892a4
          confined: true
          python:
            version: 3.12.11
            implementation: cpython
            tag: cp312
            abi: cp312
            executable: bin/python3.12
            stdlib: lib/python3.12
            site_packages: lib/python3.12/site-packages
            byte_code:
              cache_tag: cpython-312
              magic: cb0d0d0a
            commands:
              python: bin/python3.12
              python3: bin/python3.12
              python3.12: bin/python3.12
          libc:
            family: glibc
            minimum: "2.28"
          macos: null
          packages: []
          source:
            kind: interpreter
            sha256: null
          launcher:
            compiler: "cc: cc (Debian 12.2.0-14+deb12u1) 12.2.0"
          bytecode:
            python: 3.12.11
          installer: 0.7.0
          packaging: "25.0"
          id: python-3.12.11+4-5d2b4c8f0c4f
          sha256: 5d2b4c8f0c4f8a5f4f0f5b5b6d1f3c1e9a7e2d4c6b8a0f1e2d3c4b5a69788796
          filename: python-3.12.11+4-linux-x86_64.tar.gz
          path: /opt/infra-system/bundles/python-3.12.11+4-5d2b4c8f0c4f
          active: true
    virtualenvs:
      description: The VirtualEnvs of the generation in force, with their packages. C(path) is the stable path, C(tree) the versioned one.
      type: list
      elements: dict
      returned: always
      sample:
        - name: recipes
          id: recipes-4be1c06a0d2f
          bundle: python-3.12.11+4-5d2b4c8f0c4f
          path: /opt/infra-system/envs/recipes
          tree: /opt/infra-system/environments/recipes-4be1c06a0d2f
          link_mode: hardlink
          wheels:
            - sha256: 84e4d34ae0a8d2a1b8b2a3f1f4b8e2c8d6a3f5e79c1b0d2f4a6c8e0b1d3f5a79
              filename: flask-3.1.2-py3-none-any.whl
          packages:
            - name: flask
              version: 3.1.2
    damaged:
      description: Bundles whose interpreter does not start, where none is left that could read the root. Everything else is empty then.
      type: list
      elements: str
      returned: always
      sample: []
processes:
  description: The processes that still run from a tree of the root that is not in force, as far as this user may examine processes.
  returned: when O(processes=true) and the host has an interpreter
  type: dict
  contains:
    outdated:
      description:
        - The processes, sorted by number, at most 200. The run itself and the processes that started it are left out.
      type: list
      elements: dict
      returned: always
      contains:
        pid:
          description: Number of the process.
          type: int
          returned: always
        user:
          description: The user that it runs as, or an empty text where that is not known.
          type: str
          returned: always
        since:
          description: When it was started, in UTC, or null where that is not known.
          type: str
          returned: always
        command:
          description: Path of its program and, for a Python, its script or module. Other arguments are left out, since they may hold secrets.
          type: str
          returned: always
        trees:
          description:
            - What it runs from. C(subject) is the bundle or VirtualEnv, C(tree) its directory below the root, C(release) the release of the
              bundle, C(generations) the generations on the host with this tree, and C(in_force) the tree that has this name now, or null.
            - C(state) is V(older), V(replaced) where the tree was reinstalled under its name, or V(removed) where it is no longer on the host.
          type: list
          elements: dict
          returned: always
    number:
      description: Number of these processes, also of those that are not listed.
      type: int
      returned: always
    unknown:
      description: Number of processes that could not be examined.
      type: int
      returned: always
    complete:
      description: Whether all processes were examined. V(false) where the system hides some from this user.
      type: bool
      returned: always
  sample:
    outdated:
      - pid: 812
        user: web
        since: "2026-11-20T08:15:30Z"
        command: /opt/infra-system/environments/web-0d51f3d2b1aa/bin/python -m web
        trees:
          - subject: virtualenv:web
            tree: environments/web-0d51f3d2b1aa
            release: 3.12.11+3
            state: older
            generations:
              - 41
            in_force: environments/web-4be1c06a0d2f
    number: 1
    unknown: 0
    complete: true
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
  description: Why the task failed.
  returned: failure
  type: str
  sample: "The root /opt/infra-system is there and is no directory; nothing was changed. Move it away, or choose another root."
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
