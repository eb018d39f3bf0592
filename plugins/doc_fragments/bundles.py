# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that describe a bundle."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of one bundle, and of the list of all bundles."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - Name of the bundle, of at most 64 lower-case letters, digits, V(.), V(_) and V(-). It is neither a path nor the name of a Windows device.
    type: str
    default: python
  release:
    description:
      - Release to install, such as V(3.12.11+4). Takes precedence over O(channel).
    type: str
  channel:
    description:
      - Channel of the repository. The release that it names is installed. The controller resolves it once per run.
    type: str
    default: stable
  archive:
    description:
      - Path on the controller, or URL, of a bundle archive to use instead of a repository. It must be for the platform of the host.
    type: str
  sha256:
    description:
      - SHA-256 of O(archive), as 64 hexadecimal digits.
    type: str
  default:
    description:
      - Make this the default bundle, which provides C(bin/python) and is used by every VirtualEnv that names no bundle.
      - If there is only one bundle, it is always the default.
    type: bool
    default: false
  checks:
    description:
      - Commands that must succeed in the new bundle before it is put into force. If one fails, nothing is switched, the task fails, and the host keeps
        what it has.
      - They run when the bundle changes, is reinstalled or is added, not in check mode, and not in a run that changes nothing.
      - If the task runs as root, they run as a user without privileges, with a private home that is removed afterwards, without supplementary groups,
        and with no variables but those given here, C(PATH), C(HOME), C(TMPDIR), C(LANG), C(USER) and C(LOGNAME).
    type: list
    elements: dict
    default: []
    suboptions: &check
      name:
        description: Name of the check in messages and results. By default its command.
        type: str
      argv:
        description:
          - The program and its arguments. No shell is involved.
          - V({python}) is the path of the interpreter and V({prefix}) that of its tree (of the root after the
            switch, for the default bundle). Before the switch they lead to the new tree,
            after it they are the stable paths. They are replaced in the values of C(environment) and in C(chdir) as well. A doubled brace is a brace.
          - Programs of the bundle are found by their names.
        type: list
        elements: str
        required: true
      user:
        description:
          - The user that the command runs as. It may not be root. The default is V(nobody) if the task runs as root, otherwise the user of the task,
            which cannot be changed. It cannot be set on Windows, where commands run as the user of the task.
        type: str
      environment:
        description: Additional variables. Their values are masked in results, messages and logs.
        type: dict
      chdir:
        description: Working directory. The default is the private home.
        type: str
      timeout:
        description: Seconds after which the command and all processes of its group are killed, and the check has failed.
        type: float
        default: 60
      rc:
        description: Exit code that means success.
        type: int
        default: 0
  checks_after:
    description:
      - Commands that must succeed through the stable paths after the switch. If one fails, the generation from before is put into force again in
        the same run, and the task fails with C(switched_back) set to V(true). After a first installation, nothing is in force then.
      - Options and conditions are those of the checks before the switch.
    type: list
    elements: dict
    default: []
    suboptions: *check
"""

    LIST = r"""
options:
  bundles:
    description:
      - The bundles of the host. M(hermetic.python.system) with C(state=present) requires at least one.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the bundle, of at most 64 lower-case letters, digits, V(.), V(_) and V(-). It is neither a path nor the name of a Windows device.
        type: str
        default: python
      release:
        description:
          - Release to install, such as V(3.12.11+4). Takes precedence over O(bundles[].channel).
        type: str
      channel:
        description:
          - Channel of the repository. The release that it names is installed. The controller resolves it once per run.
        type: str
        default: stable
      archive:
        description:
          - Path on the controller, or URL, of a bundle archive to use instead of a repository. It must be for the platform of the host.
        type: str
      sha256:
        description:
          - SHA-256 of O(bundles[].archive), as 64 hexadecimal digits.
        type: str
      default:
        description:
          - Make this the default bundle, which provides C(bin/python) and is used by every VirtualEnv that names no bundle.
          - If there is only one bundle, it is always the default.
        type: bool
        default: false
      checks:
        description:
          - Commands that must succeed in the new bundle before it is put into force. If one fails, nothing is switched, the task fails, and the host keeps
            what it has.
          - They run when the bundle changes, is reinstalled or is added, not in check mode, and not in a run that changes nothing.
          - If the task runs as root, they run as a user without privileges, with a private home that is removed afterwards, without supplementary groups,
            and with no variables but those given here, C(PATH), C(HOME), C(TMPDIR), C(LANG), C(USER) and C(LOGNAME).
        type: list
        elements: dict
        default: []
        suboptions: &check
          name:
            description: Name of the check in messages and results. By default its command.
            type: str
          argv:
            description:
              - The program and its arguments. No shell is involved.
              - V({python}) is the path of the interpreter and V({prefix}) that of its tree (of the root after the
                switch, for the default bundle). Before the switch they lead to the new tree,
                after it they are the stable paths. They are replaced in the values of C(environment) and in C(chdir) as well. A doubled brace is a brace.
              - Programs of the bundle are found by their names.
            type: list
            elements: str
            required: true
          user:
            description:
              - The user that the command runs as. It may not be root. The default is V(nobody) if the task runs as root, otherwise the user of the task,
                which cannot be changed. It cannot be set on Windows, where commands run as the user of the task.
            type: str
          environment:
            description: Additional variables. Their values are masked in results, messages and logs.
            type: dict
          chdir:
            description: Working directory. The default is the private home.
            type: str
          timeout:
            description: Seconds after which the command and all processes of its group are killed, and the check has failed.
            type: float
            default: 60
          rc:
            description: Exit code that means success.
            type: int
            default: 0
      checks_after:
        description:
          - Commands that must succeed through the stable paths after the switch. If one fails, the generation from before is put into force again in
            the same run, and the task fails with C(switched_back) set to V(true). After a first installation, nothing is in force then.
          - Options and conditions are those of the checks before the switch.
        type: list
        elements: dict
        default: []
        suboptions: *check
"""
