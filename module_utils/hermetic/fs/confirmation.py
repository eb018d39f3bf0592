# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether files and directories are exactly what was recorded, by the fewest calls; how they differ is for others to say (POSIX)."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Sequence
from typing import Optional

from ..paths import FILE_TIME_NS
from .extended_attributes import carries
from .hashing import feed

Owner = Optional[Sequence[int]]

# Not available on Windows, where nothing of this is called.
_READ = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
_LIST = _READ | getattr(os, "O_DIRECTORY", 0)
# Larger files are read through a buffer; smaller ones by one call that also shows their end.
_AT_ONCE = 1 << 18
_BLOCK = 1 << 20


def confirm_files(base: str, files: Sequence[Sequence[object]], *, device: int, owner: Owner) -> list[int]:
    """Return the inode number of each file that is as recorded in every respect, and 0 for every other.

    ``files`` are path, mode, size and SHA-256; ``base`` is what comes before the path.
    """
    buffer = memoryview(bytearray(_BLOCK))
    return [_confirm(f"{base}{path}", mode, size, sha256, device, owner, buffer) for path, mode, size, sha256 in files]


def _confirm(path: str, mode: object, size: object, sha256: object, device: int, owner: Owner, buffer: memoryview) -> int:
    try:
        # Looked at before it is opened: opening alone has effects on a device.
        found = os.lstat(path)
        if (
            not stat.S_ISREG(found.st_mode)
            or found.st_mode & 0o7777 != mode
            or found.st_size != size
            or found.st_mtime_ns != FILE_TIME_NS
            or found.st_dev != device
            or (owner is not None and (found.st_uid != owner[0] or found.st_gid != owner[1]))
        ):
            return 0
        descriptor = os.open(path, _READ)
        try:
            if carries(descriptor, found) or _sha256(descriptor, found.st_size, buffer) != sha256:
                return 0
        finally:
            os.close(descriptor)
    except OSError:
        return 0
    return found.st_ino


def _sha256(descriptor: int, size: int, buffer: memoryview) -> str:
    if size < _AT_ONCE:
        content = os.read(descriptor, size + 1)
        # A regular file gives fewer bytes than asked for at its end only.
        if len(content) == size:
            return hashlib.sha256(content).hexdigest()
        os.lseek(descriptor, 0, os.SEEK_SET)
    digest = hashlib.sha256()
    with io.FileIO(descriptor, closefd=False) as stream:
        feed(digest, stream, buffer)
    return digest.hexdigest()


def confirm_directory(path: str, *, mode: int, device: int, owner: Owner) -> dict[str, int] | None:
    """Return the names in a directory with their inode numbers, or None unless the directory is one of ours in every respect.

    The numbers are those of the listing. In nearly all file systems they are those of the files' status, in others not: compare a few.
    """
    try:
        descriptor = os.open(path, _LIST)
    except OSError:
        return None
    try:
        found = os.fstat(descriptor)
        if (
            stat.S_IMODE(found.st_mode) != mode
            or found.st_dev != device
            or (owner is not None and (found.st_uid != owner[0] or found.st_gid != owner[1]))
            or carries(descriptor, found)
        ):
            return None
        with os.scandir(descriptor) as entries:
            return {entry.name: entry.inode() for entry in entries}
    except OSError:
        return None
    finally:
        os.close(descriptor)
