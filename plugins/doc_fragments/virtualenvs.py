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
      - Exclusive with O(spec).
    type: path
  spec:
    description:
      - What says which packages the environment has, in place of O(lock). A file on the controller, such as C(vpython.toml) or C(.vpython3),
        or a program that declares its packages (PEP 723).
      - The lock is the one beside it, which C(hermetic-spec lock) writes. It must be there and current, and the bundle must have a Python that
        the specification is for.
      - A relative path is searched for as that of O(lock).
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
  checks:
    description:
      - Commands that must succeed in the new environment before it is put into force. If one fails, nothing is switched, the task fails, and the host keeps
        what it has.
      - They run when the environment changes, is reinstalled or is added, not in check mode, and not in a run that changes nothing.
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
          - V({python}) is the path of the interpreter and V({prefix}) that of the environment. Before the switch they lead to the new tree,
            after it they are the stable paths. They are replaced in the values of C(environment) and in C(chdir) as well. A doubled brace is a brace.
          - Programs of the environment are found by their names.
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
          - Exactly one of O(virtualenvs[].lock) and O(virtualenvs[].spec) is required.
        type: path
      spec:
        description:
          - What says which packages the environment has, in place of O(virtualenvs[].lock). A file on the controller, such as C(vpython.toml) or C(.vpython3),
            or a program that declares its packages (PEP 723).
          - The lock is the one beside it, which C(hermetic-spec lock) writes. It must be there and current, and the bundle must have a Python that
            the specification is for.
          - A relative path is searched for as that of O(virtualenvs[].lock).
        type: path
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
      checks:
        description:
          - Commands that must succeed in the new environment before it is put into force. If one fails, nothing is switched, the task fails, and the host keeps
            what it has.
          - They run when the environment changes, is reinstalled or is added, not in check mode, and not in a run that changes nothing.
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
              - V({python}) is the path of the interpreter and V({prefix}) that of the environment. Before the switch they lead to the new tree,
                after it they are the stable paths. They are replaced in the values of C(environment) and in C(chdir) as well. A doubled brace is a brace.
              - Programs of the environment are found by their names.
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
