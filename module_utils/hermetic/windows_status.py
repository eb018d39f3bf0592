# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind, size and times of files on Windows, each by one call: ``os.lstat`` and ``os.utime`` there open the file, and ask up to five times.

The calls tell what the file itself says. A directory listing would be cheaper still, and wrong: NTFS keeps size and time there for the
name that was last written through only, and files of environments have several.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from functools import cache
from typing import Any, NamedTuple

# Attributes, the times of creation, last access and last writing, and the size with its upper half first.
_ATTRIBUTE_DATA = struct.Struct("<IQQQII")
_DIRECTORY, _REPARSE_POINT = 0x10, 0x400
# Between 1601 and 1970, in units of 100 ns.
_EPOCH = 116444736000000000


class WindowsStatus(NamedTuple):
    """The fields of an ``os.stat_result`` that can be had without opening the file."""

    st_mode: int
    st_size: int
    st_mtime_ns: int
    st_ctime_ns: int
    """When it was made, as in the ``os.lstat`` of Windows."""
    st_file_attributes: int


class Statuses:
    """Looks at many files; the memory that the system writes to is made once."""

    def __init__(self) -> None:
        self._ask: Any = _kernel().GetFileAttributesExW
        self._buffer = ctypes.create_string_buffer(_ATTRIBUTE_DATA.size)

    def of(self, path: str) -> WindowsStatus | os.stat_result:
        """Return what a path is; links, and what cannot be asked this way, by ``os.lstat``, with its errors."""
        if not self._ask(ctypes.c_wchar_p(path), 0, self._buffer):
            return os.lstat(path)
        attributes, made, _read, written, size_high, size_low = _ATTRIBUTE_DATA.unpack(self._buffer.raw)
        if attributes & _REPARSE_POINT:
            return os.lstat(path)
        return WindowsStatus(
            stat.S_IFDIR if attributes & _DIRECTORY else stat.S_IFREG,
            size_high << 32 | size_low,
            (written - _EPOCH) * 100,
            (made - _EPOCH) * 100,
            attributes,
        )


def set_times(descriptor: int, nanoseconds: int) -> None:
    """Set the times of last access and last writing of an open file; nothing that was written through it changes them afterwards."""
    import msvcrt

    moment = ctypes.byref(ctypes.c_uint64(nanoseconds // 100 + _EPOCH))
    handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))  # type: ignore[attr-defined, unused-ignore]
    if not _kernel().SetFileTime(handle, None, moment, moment):
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]


@cache
def _kernel() -> Any:
    return ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
