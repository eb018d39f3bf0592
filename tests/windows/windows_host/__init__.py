# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Windows host to test against, on Linux: Wine, PowerShell, and an OpenSSH server in front."""

from __future__ import annotations

from .host import Finished, WindowsHost
from .settings import Impossible, Settings, why_impossible
from .station import Station

__all__ = ["Finished", "Impossible", "Settings", "Station", "WindowsHost", "why_impossible"]
