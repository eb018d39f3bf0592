# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find what the engine needs beyond the standard library: PyPA's ``installer``, which a bundle carries where user code cannot see it."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

from ..errors import BrokenInterpreter


def directory() -> Path:
    """Return where the bundle that runs this keeps the engine's library."""
    prefix = Path(sys.base_prefix)
    return (prefix.parent if os.name == "nt" else prefix) / "lib" / "engine"


def enable() -> None:
    """Make ``installer`` importable; raises BrokenInterpreter when this Python has none."""
    library = str(directory())
    if os.path.isdir(library):
        if library not in sys.path:
            sys.path.insert(0, library)
    elif importlib.util.find_spec("installer") is None:
        raise BrokenInterpreter(
            f"{sys.executable} cannot unpack wheels: PyPA's installer is neither in {library} nor importable. "
            "Run the engine with the Python of a bundle made by bundle_build."
        )
