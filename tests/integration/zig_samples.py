# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs of other systems for tests, compiled by zig."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HAS_ZIG = importlib.util.find_spec("ziglang") is not None


def compiled(target: Path, source: str, *, platform: str, cache: Path, options: Sequence[str] = ()) -> Path:
    """Compile C for another system; ``platform`` is zig's name of it, ``aarch64-macos.11.0`` or the like."""
    target.parent.mkdir(parents=True, exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "ZIG_GLOBAL_CACHE_DIR": str(cache),
        "ZIG_LOCAL_CACHE_DIR": str(cache),
    }
    command = [sys.executable, "-m", "ziglang", "cc", "-target", platform, "-Os", "-x", "c", "-", "-x", "none", *options, "-o", str(target)]
    done = subprocess.run(command, input=source, text=True, capture_output=True, env=environment, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return target
