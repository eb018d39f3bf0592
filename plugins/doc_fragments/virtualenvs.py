# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that describe a VirtualEnv."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of one VirtualEnv, and of the list of all VirtualEnvs."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - Name of the VirtualEnv, of at most 64 lower-case letters, digits, V(.), V(_) and V(-). It is neither a path nor the name of a Windows device.
      - Its interpreter is C(envs/<name>/bin/python) below O(root).
    type: str
    required: true
  lock:
    description:
      - File on the controller that pins the environment completely. Either a C(pylock.toml), or a C(requirements.txt) in which every
        line has its hashes.
      - A relative path is looked for as that of a file to copy, in C(files) of the role and of the playbook, then beside them.
      - Only wheels are installed; a lock that needs anything else is refused.
    type: path
  bundle:
    description:
      - Name of the bundle below the environment. The default is the default bundle of the host.
    type: str
  extras:
    description:
      - Extras of the lock to install as well.
    type: list
    elements: str
    default: []
  groups:
    description:
      - Dependency groups of the lock to install, instead of its default groups.
    type: list
    elements: str
  system_site_packages:
    description:
      - Whether the packages of the bundle can be imported from the environment.
    type: bool
    default: false
  pythonpath:
    description:
      - Whether C(PYTHONPATH) acts in the environment, for programs that hand a path to their own children, such as C(pip) and PEX.
      - Without it, the variable is without effect there, as in the bundle.
    type: bool
    default: false
"""

    LIST = r"""
options:
  virtualenvs:
    description:
      - The VirtualEnvs of the host.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description:
          - Name of the VirtualEnv, of at most 64 lower-case letters, digits, V(.), V(_) and V(-). It is neither a path nor the name of a Windows device.
          - Its interpreter is C(envs/<name>/bin/python) below O(root).
        type: str
        required: true
      lock:
        description:
          - File on the controller that pins the environment completely. Either a C(pylock.toml), or a C(requirements.txt) in which
            every line has its hashes.
          - A relative path is looked for as that of a file to copy, in C(files) of the role and of the playbook, then beside them.
          - Only wheels are installed; a lock that needs anything else is refused.
        type: path
        required: true
      bundle:
        description:
          - Name of the bundle below the environment. The default is the default bundle.
        type: str
      extras:
        description:
          - Extras of the lock to install as well.
        type: list
        elements: str
        default: []
      groups:
        description:
          - Dependency groups of the lock to install, instead of its default groups.
        type: list
        elements: str
      system_site_packages:
        description:
          - Whether the packages of the bundle can be imported from the environment.
        type: bool
        default: false
      pythonpath:
        description:
          - Whether C(PYTHONPATH) acts in the environment, for programs that hand a path to their own children, such as C(pip) and PEX.
          - Without it, the variable is without effect there, as in the bundle.
        type: bool
        default: false
"""
