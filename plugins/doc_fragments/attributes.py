# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Ansible wants to know of a target module: check mode, diff mode, platforms and more."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of the modules that run on the managed hosts."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what it would do, without changing the host.
    support: full
  diff_mode:
    description: Returns the differences between the declared and the actual state in diff mode.
    support: full
  idempotent:
    description: When run twice in a row, with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Systems that the managed host can run. No Python is needed on it.
    platforms: posix, windows
    support: full
    details:
      - On Windows, a PowerShell module of the collection runs the same engine, in Windows PowerShell 5.1 or PowerShell 7.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - M(ansible.builtin.async_status), which reads the state of a job, needs a Python on the host. For a host that had none before the job, set
        C(ansible_python_interpreter) to C(bin/python) below O(root).
      - For a Windows host, the collection C(ansible.windows) must be installed on the controller, because its C(async_status) is used.
  become:
    description: Is usable alongside the C(become) keywords.
    support: full
    details:
      - Everything on the host is done as the user that the task becomes. That user owns the installed files.
  delegation:
    description: Can be used in conjunction with C(delegate_to) and related keywords.
    support: full
    details:
      - The host that the task is delegated to is the one that is probed and changed.
"""

    INFO = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    support: none
    details:
      - This module changes nothing.
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing, and does the same in check mode.
  diff_mode:
    support: full
    details:
      - This module changes nothing. The diff shows the findings.
"""
