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
      - Directory on the host for everything that this collection installs. An absolute path, or one that starts with V(~/).
      - Any user can have a root of their own. Nothing outside of it is written.
      - A path with white space, quotes or other characters that are special to a shell is refused, because the scripts of an environment could not
        be started from it.
      - The default is V(/opt/infra-system), and V(C:\\infra-system) on Windows.
      - The root must be owned by the user of the task or by root (on Windows, by the administrators). Any other owner is refused.
    type: path
  unsafe_parent:
    description:
      - Accept a root below a directory that another user owns or can write to. That user could replace the whole root, and with it the programs
        that root runs. By default such a root is refused, and the error names the directory.
      - A directory of root that everybody can write to, but that has the sticky bit, such as V(/tmp), is always accepted.
      - A root that another user owns is still refused.
    type: bool
    default: false
"""
