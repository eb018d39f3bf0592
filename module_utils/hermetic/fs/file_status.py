# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the paths of a tree by the fewest calls of this system, without opening or following anything."""

from __future__ import annotations

import os
from typing import Any, Protocol

from ..paths import Inode


class Look(Protocol):
    """What a system tells of paths."""

    def status(self, path: str) -> Any:
        """Return what ``os.lstat`` tells of a path, on Windows but for device, number and count of names; with its errors."""

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory."""

    def inode(self, path: str, status: Any) -> Inode:
        """Return what tells a file of a listed directory apart from all others."""


class PosixLook:
    """One ``os.lstat`` tells everything."""

    def status(self, path: str) -> Any:
        """Return what ``os.lstat`` tells of a path."""
        return os.lstat(path)

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory."""
        return os.listdir(directory)

    def inode(self, path: str, status: Any) -> Inode:
        """Return what tells a file apart, from its status."""
        del path
        return (status.st_dev, status.st_ino, status.st_size)


def look_here(*, numbers: bool = False) -> Look:
    """Return the look of this system; ``numbers``: inodes will be asked for, so that listings shall tell them where they can."""
    if os.name == "posix":
        return PosixLook()
    from ..windows.status import WindowsLook

    return WindowsLook(numbers=numbers)
