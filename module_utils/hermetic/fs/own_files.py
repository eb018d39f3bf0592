# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open the files of a root: never through a link, regular files only, and without waiting for a FIFO."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from ..paths import BUILDING, extended
from .atomic import flush, sync_directory
from .ownership import others_behind

_FLAGS = (
    getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
_KINDS = {
    stat.S_IFLNK: "a link",
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


class NotOurFile(ValueError):
    """Raised for something that the engine cannot have written; the text says what it is."""


def open_regular(path: Path | str, flags: int = os.O_RDONLY, *, mode: int = 0o644) -> int:
    """Return a descriptor of the regular file at a path; raises NotOurFile when something else is there, a link included.

    What leads to the file is not checked: ``ownership`` vouches for the directories of a root.
    """
    path = extended(path)
    if not hasattr(os, "O_NOFOLLOW"):  # on Windows the open itself would follow; nobody else may put a link into a root
        with contextlib.suppress(FileNotFoundError):
            _require_regular(os.lstat(path))
    try:
        descriptor = os.open(path, flags | _FLAGS, mode)
    except FileNotFoundError:
        raise
    except OSError:
        # The system refuses a link, a socket or a directory already, in words that name none of them.
        with contextlib.suppress(FileNotFoundError):
            _require_regular(os.lstat(path))
        raise
    try:
        _require_regular(os.fstat(descriptor))
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def is_ours(path: Path | str) -> bool:
    """Return whether a path is a regular file that nobody but root and this user owns or may write."""
    status = os.lstat(path)
    return stat.S_ISREG(status.st_mode) and others_behind(status, path) is None


def replace_by_copy(path: Path, *, mode: int) -> None:
    """Put a copy with this mode in the place of a file: whoever has the old one open writes into a file without a name from then on."""
    import shutil  # with the archivers that it loads, only where it is asked for

    beside = path.with_name(BUILDING + os.urandom(8).hex())
    try:
        with (
            open(open_regular(path), "rb") as source,
            open(open_regular(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600), "wb") as copy,
        ):
            shutil.copyfileobj(source, copy, 1 << 20)
            copy.flush()
            os.fchmod(copy.fileno(), mode)
            flush(copy.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(beside)
        raise
    sync_directory(path.parent)


def is_our_directory(path: Path | str) -> bool:
    """Return whether a path is a directory, and no link, that nobody but root and this user owns or may write."""
    status = os.lstat(path)
    return stat.S_ISDIR(status.st_mode) and others_behind(status, path) is None


def _require_regular(status: os.stat_result) -> None:
    reparse_point = getattr(status, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
    if not stat.S_ISREG(status.st_mode) or reparse_point:
        raise NotOurFile(f"{_KINDS.get(stat.S_IFMT(status.st_mode), 'something else')} stands where a file belongs")
