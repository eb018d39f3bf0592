# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind, size, times and number of files on Windows by few calls: ``os.lstat`` and ``os.utime`` there open each file, and ask up to five times.

Size and times are what the file itself says. A directory listing would be cheaper still, and wrong: NTFS keeps them there for the name
that was last written through only, and files of environments have several. The number is what leads from a name to its file.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

# Attributes, the times of creation, last access and last writing, and the size with its upper half first.
_ATTRIBUTE_DATA = struct.Struct("<IQQQII")
_DIRECTORY, _REPARSE_POINT = 0x10, 0x400
# Of an entry of a listing: how far the next one is, the length of its name in bytes, the number of its file; the name follows.
_LISTED = struct.Struct("<I56xI32xq")
_LISTING_BUFFER = 1 << 16
_ID_BOTH_DIRECTORY_INFO, _NO_MORE_FILES = 10, 18
_LIST_DIRECTORY, _SHARE_ALL, _OPEN_EXISTING, _DIRECTORY_ITSELF = 0x1, 0x7, 3, 0x02200000
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


def numbers(directory: str) -> dict[str, int]:
    """Return the names in a directory with the numbers of their files; not positive where the volume has none of 64 bits."""
    kernel = _kernel()
    handle = kernel.CreateFileW(
        ctypes.c_wchar_p(directory), _LIST_DIRECTORY, _SHARE_ALL, None, _OPEN_EXISTING, ctypes.c_uint32(_DIRECTORY_ITSELF), None
    )
    if handle in (None, ctypes.c_void_p(-1).value):
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]
    found: dict[str, int] = {}
    buffer = ctypes.create_string_buffer(_LISTING_BUFFER)
    try:
        while kernel.GetFileInformationByHandleEx(ctypes.c_void_p(handle), _ID_BOTH_DIRECTORY_INFO, buffer, _LISTING_BUFFER):
            found.update(_entries(buffer))
        error = ctypes.get_last_error()  # type: ignore[attr-defined, unused-ignore]
        if error != _NO_MORE_FILES:
            raise ctypes.WinError(error)  # type: ignore[attr-defined, unused-ignore]
    finally:
        kernel.CloseHandle(ctypes.c_void_p(handle))
    return found


def _entries(listing: Any) -> Iterator[tuple[str, int]]:
    begin, at = ctypes.addressof(listing), 0
    while True:
        following, length, number = _LISTED.unpack_from(listing, at)
        name = ctypes.wstring_at(begin + at + _LISTED.size, length // 2)
        if name not in (".", ".."):
            yield name, number
        if not following:
            return
        at += following


def set_times(descriptor: int, nanoseconds: int) -> None:
    """Set the times of last access and last writing of an open file; nothing that was written through it changes them afterwards."""
    import msvcrt

    moment = ctypes.byref(ctypes.c_uint64(nanoseconds // 100 + _EPOCH))
    handle = ctypes.c_void_p(msvcrt.get_osfhandle(descriptor))  # type: ignore[attr-defined, unused-ignore]
    if not _kernel().SetFileTime(handle, None, moment, moment):
        raise ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]


@cache
def _kernel() -> Any:
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
    kernel.CreateFileW.restype = ctypes.c_void_p
    return kernel
