# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The option that every target module has."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of the root."""

    DOCUMENTATION = r"""
options:
  root:
    description:
      - Directory on the host that holds everything this collection installs. It is an absolute path, or one that starts with V(~/).
      - Any user may have a root of their own; nothing outside of it is written.
      - A path with white space, quotes or other characters that a shell treats specially is refused,
        because the scripts of an environment could not start from it.
      - The default is V(/opt/infra-system), and V(C:\\infra-system) on Windows.
      - A root belongs to the user of the task or to root (on Windows, to the administrators). One of another user is refused.
    type: path
  unsafe_parent:
    description:
      - Accept a root below a directory that another user owns or may write, who could replace the whole root and with it
        what root runs. Without it, such a root is refused, and the directory named.
      - A directory with the sticky bit, like V(/tmp), is no reason to refuse a root that is there already or is made by the task.
      - It does not accept a root that another user owns.
    type: bool
    default: false
"""
