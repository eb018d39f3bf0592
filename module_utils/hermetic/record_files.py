# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a small file that may be anything by now: only a regular file, never through a link, without waiting, with a limit."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

from .durable import extended
from .json_text import parse_json
from .system_limits import REFUSALS

# A receipt of a large bundle takes two of these.
_LARGEST = 64 << 20
# What says nothing of the file: the system refuses for now, and the record is as good as it was.
_PASSING = {*REFUSALS, errno.EINTR}
_IN_USE = {32, 33}  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))


def read_bytes(path: Path, *, largest: int = _LARGEST) -> bytes:
    """Return the content of a regular file.

    Raises FileNotFoundError where there is none, and ValueError with the reason for all else that is not read: a link, a pipe, a
    device, a directory, a file that is too large, one that cannot be opened. OSError is left for what passes, such as too many open files.
    """
    try:
        if not hasattr(os, "O_NOFOLLOW"):
            _refuse_all_but_files(os.lstat(extended(path)))
        descriptor = os.open(extended(path), _FLAGS)
        try:
            status = os.fstat(descriptor)
            _refuse_all_but_files(status)
            if status.st_size > largest:
                raise ValueError(f"it has {status.st_size} bytes, and at most {largest} are read")
            with open(descriptor, "rb", closefd=False) as stream:
                content = stream.read(largest + 1)
        finally:
            os.close(descriptor)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(str(path)) from None
    except OSError as error:
        if error.errno in _PASSING or getattr(error, "winerror", None) in _IN_USE:
            raise
        raise ValueError("it is a link" if _is_link(path) else error.strerror or str(error)) from None
    if len(content) > largest:
        raise ValueError(f"it grew to more than {largest} bytes while it was read")
    return content


def read_text(path: Path, *, largest: int = _LARGEST) -> str:
    """Return the UTF-8 text of a file; raises as ``read_bytes`` does, and ValueError where it is none."""
    try:
        return read_bytes(path, largest=largest).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text (byte {error.start})") from None


def read_json(path: Path) -> Any:
    """Return the JSON value in a file; raises as ``read_bytes`` does, and ValueError where it holds none."""
    return parse_json(read_bytes(path))


def _is_link(path: Path) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(extended(path)).st_mode)
    except OSError:
        return False


def _refuse_all_but_files(status: os.stat_result) -> None:
    reparse_point = getattr(status, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
    if not stat.S_ISREG(status.st_mode) or reparse_point:
        kinds = ((stat.S_ISLNK, "a link"), (stat.S_ISDIR, "a directory"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))
        raise ValueError(f"it is {next((name for test, name in kinds if test(status.st_mode)), 'a device')}, not a regular file")
