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
      - Its interpreter is C(<root>/envs/<name>/bin/python).
    type: str
    required: true
  lock:
    description:
      - Lock file on the controller that pins every package of the environment. Either a C(pylock.toml), or a C(requirements.txt) with hashes for
        every requirement.
      - A relative path is searched for in the C(files) directories of the role and the playbook, then beside the tasks and the playbook.
      - Only wheels are installed. A lock that needs anything else is refused.
    type: path
  bundle:
    description:
      - Name of the bundle that the environment is built on. The default is the default bundle of the host.
    type: str
  extras:
    description:
      - Extras of the lock to install.
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
      - Give the environment access to the packages of the bundle.
    type: bool
    default: false
  pythonpath:
    description:
      - Let the environment honour C(PYTHONPATH), which some programs set for their child processes, such as C(pip) and PEX.
      - By default the variable is ignored, as in the bundle.
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
          - Its interpreter is C(<root>/envs/<name>/bin/python).
        type: str
        required: true
      lock:
        description:
          - Lock file on the controller that pins every package of the environment. Either a C(pylock.toml), or a C(requirements.txt) with hashes for
            every requirement.
          - A relative path is searched for in the C(files) directories of the role and the playbook, then beside the tasks and the playbook.
          - Only wheels are installed. A lock that needs anything else is refused.
        type: path
        required: true
      bundle:
        description:
          - Name of the bundle that the environment is built on. The default is the default bundle.
        type: str
      extras:
        description:
          - Extras of the lock to install.
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
          - Give the environment access to the packages of the bundle.
        type: bool
        default: false
      pythonpath:
        description:
          - Let the environment honour C(PYTHONPATH), which some programs set for their child processes, such as C(pip) and PEX.
          - By default the variable is ignored, as in the bundle.
        type: bool
        default: false
"""
