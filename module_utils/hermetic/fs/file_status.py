# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the status of a tree's paths by the fewest calls of this system, without opening or following anything."""

from __future__ import annotations

import os
from typing import Any, Protocol

from ..paths import Inode


class StatusReader(Protocol):
    """What a system says of paths."""

    def status(self, path: str) -> Any:
        """Return what ``os.lstat`` says of a path, on Windows but for device, number and count of names; with its errors."""

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory."""

    def inode(self, path: str, status: Any) -> Inode:
        """Return what distinguishes a file of a listed directory from all others."""


class PosixStatusReader:
    """One ``os.lstat`` says everything."""

    def status(self, path: str) -> Any:
        """Return what ``os.lstat`` says of a path."""
        return os.lstat(path)

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory."""
        return os.listdir(directory)

    def inode(self, path: str, status: Any) -> Inode:
        """Return what distinguishes a file from all others, by its status."""
        del path
        return (status.st_dev, status.st_ino, status.st_size)


def status_reader(*, numbers: bool = False) -> StatusReader:
    """Return the reader of this system; ``numbers``: inodes will be asked for, so that listings shall give them where they can."""
    if os.name == "posix":
        return PosixStatusReader()
    from ..windows.status import WindowsStatusReader

    return WindowsStatusReader(numbers=numbers)
