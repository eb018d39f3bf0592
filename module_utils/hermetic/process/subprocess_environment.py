# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With what the processes that the engine starts run: the engine's own code, clean variables, and so many at a time."""

from __future__ import annotations

import os
from pathlib import Path


def code_path() -> str:
    """Return the directory or zip that this package is imported from."""
    here = Path(__file__)
    for _part in __name__.split("."):
        here = here.parent
    return str(here)


def core_count(jobs: int) -> int:
    """Return how many processes to use: as many as asked for, or one per core that this process may use."""
    if jobs > 0:
        return jobs
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def clean_environment() -> dict[str, str]:
    """Return the environment for an interpreter of ours: nothing that steers Python or the dynamic linker."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("PYTHON", "LD_", "DYLD_", "PIP_", "UV_", "VIRTUAL_ENV", "__PYVENV"))
    }
