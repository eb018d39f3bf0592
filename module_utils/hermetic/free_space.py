# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file system has left, and how that is shown."""

from __future__ import annotations

import os
from pathlib import Path

from .mounts import mount_point, nearest


def free_bytes(path: Path) -> int | None:
    """Return what the file system of a path, or of its nearest parent that exists, has left; None where it does not say."""
    import shutil  # with the archivers that it loads, only where it is asked for

    try:
        usage = shutil.disk_usage(nearest(path))
    except OSError:
        return None
    return usage.free if usage.total else None


def described(path: Path) -> str:
    """Say which file system a path is on and what is free there."""
    place = nearest(path)
    free = free_bytes(place)
    room = "its free space is not known" if free is None else f"{size_text(free)} free"
    inodes = getattr(os, "statvfs", None)
    if inodes is not None:
        try:
            found = inodes(place)
        except OSError:
            found = None
        if found is not None and found.f_files and not found.f_favail:
            room = f"{room}, and no inode"
    return f"the file system mounted at {mount_point(place)}, {room}"


def size_text(size: float) -> str:
    """Return a number of bytes as people read it."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if abs(size) < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" or abs(size) >= 100 else f"{size:.1f} {unit}"
