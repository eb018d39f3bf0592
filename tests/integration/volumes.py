# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""File systems that a test mounts, and the mounts that it changes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest


def mount(*arguments: str) -> None:
    """Call mount; skips the test where this machine does not let it."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")


def unmount(place: Path) -> None:
    """Unmount what is there, and whatever was mounted below it or over it."""
    while subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False).returncode == 0:
        pass


@pytest.fixture
def volume(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of its own."""
    place = tmp_path / "volume"
    place.mkdir()
    mount("-t", "tmpfs", "-o", "size=500m,mode=755", "none", str(place))
    yield place
    unmount(place)
