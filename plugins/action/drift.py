# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module drift."""

from __future__ import annotations

from ..plugin_utils.target.action import TargetAction


class ActionModule(TargetAction):
    """Prepare the request for drift and run it on the host."""

    MODULE = "drift"
