# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name the processes that run from a directory."""

from __future__ import annotations

import os
from pathlib import Path

from ..paths import WINDOWS
from ..windows import processes as windows_processes
from . import in_use

_SHOWN = 20
_LONGEST = 120


def processes_below(directory: Path) -> list[str]:
    """Return ``pid N: command`` of each process that runs from below a directory, this one and those that started it left out."""
    own = own_line()
    found = windows_processes.programs_below(directory) if WINDOWS else in_use.commands_below(directory)
    lines = [f"pid {pid}: {command[:_LONGEST]}" for pid, command in sorted(found.items()) if pid not in own]
    return [*lines[:_SHOWN], f"and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else lines


def own_line() -> set[int]:
    """Return this process and its ancestors, as far as the system shows: whoever removes a root may be started by its Python."""
    found = {os.getpid()}
    if not WINDOWS:
        parents = in_use.parents()
        pid = os.getpid()
        while pid in parents and parents[pid] not in found:
            pid = parents[pid]
            found.add(pid)
    return found
