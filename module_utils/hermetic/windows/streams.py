# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find what is hidden behind a file of an NTFS volume: content under a second name, which no listing and no size shows."""

from __future__ import annotations

import ctypes

from .api import is_handle, kernel32, last_error

_CONTENT = "::$DATA"
_LONGEST_NAME = 296
# End of file: no stream at all; invalid function or parameter: the volume has no streams; not found: gone meanwhile.
_NOTHING = (38, 1, 87, 2, 3, 50)


class _Stream(ctypes.Structure):
    _fields_ = [("size", ctypes.c_longlong), ("name", ctypes.c_wchar * _LONGEST_NAME)]


def alternate_streams(path: str) -> list[str]:
    """Return the names of the streams of a file or directory besides its content, as far as the file system lists them."""
    kernel = kernel32()
    stream = _Stream()
    handle = kernel.FindFirstStreamW(ctypes.c_wchar_p(path), 0, ctypes.byref(stream), 0)
    if not is_handle(handle):
        error = last_error()
        if error.winerror in _NOTHING:  # type: ignore[attr-defined, unused-ignore]
            return []
        raise error
    found = []
    try:
        while True:
            if stream.name != _CONTENT:
                found.append(stream.name.removesuffix(":$DATA"))
            if not kernel.FindNextStreamW(ctypes.c_void_p(handle), ctypes.byref(stream)):
                return found
    finally:
        kernel.FindClose(ctypes.c_void_p(handle))
