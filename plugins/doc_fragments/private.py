# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that no user gives."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation of what the action plugins hand to their modules."""

    DOCUMENTATION = r"""
options:
  _request:
    description:
      - Set by the action plugin of the same name. Do not use it.
    type: str
  _engine:
    description:
      - The engine as a zip file, in base64, where the bundle of the host does not carry the same one. Set by the action plugin of the same name.
        Do not use it.
    type: str
"""
