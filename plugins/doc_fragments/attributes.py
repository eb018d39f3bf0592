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
    description: Returns what differs between the declared and the found state when run in diff mode.
    support: full
  idempotent:
    description: When run twice in a row, with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Systems that the managed host may run. No Python is needed there.
    platforms: posix, windows
    support: full
    details:
      - On Windows, one PowerShell module of the collection runs the same engine; Windows PowerShell 5.1 and PowerShell 7 do.
  async:
    description: Supports being used with the C(async) keyword.
    support: full
    details:
      - Asking for the state of a job is done by M(ansible.builtin.async_status), which itself needs a Python on the host.
        For a host that had none before the job, set C(ansible_python_interpreter) to the C(bin/python) below O(root).
      - On a Windows host it is C(ansible.windows.async_status) that is run for it, so that collection must be installed on the controller.
  become:
    description: Is usable alongside the C(become) keywords.
    support: full
    details:
      - Everything on the host is done as the user that the task becomes; that user owns what is installed.
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
      - This module changes nothing; it does the same in check mode.
  diff_mode:
    support: full
    details:
      - This module changes nothing; the difference shown is the one that it found.
"""
