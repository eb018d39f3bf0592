# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a small file that may be anything by now: only a regular file, never through a link, without waiting, with a limit."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

from ..system_limits import REFUSALS
from ..text.json_text import parse_json
from .own_files import open_regular

# A receipt of a large bundle takes two of these.
_LARGEST = 64 << 20
# What says nothing of the file: the system refuses for now, and the record is as good as it was.
_PASSING = {*REFUSALS, errno.EINTR}
_IN_USE = {32, 33}  # ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION


def read_bytes(path: Path, *, largest: int = _LARGEST) -> bytes:
    """Return the content of a regular file.

    Raises FileNotFoundError where there is none, and ValueError with the reason for all else that is not read: a link, a pipe, a
    device, a directory, a file that is too large, one that cannot be opened. OSError is left for what passes, such as too many open files.
    """
    try:
        with open(open_regular(path), "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > largest:
                raise ValueError(f"it has {size} bytes, and at most {largest} are read")
            content = stream.read(largest + 1)
    except (FileNotFoundError, NotADirectoryError):
        raise FileNotFoundError(str(path)) from None
    except OSError as error:
        if error.errno in _PASSING or getattr(error, "winerror", None) in _IN_USE:
            raise
        raise ValueError(error.strerror or str(error)) from None
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
