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
from typing import Any, NamedTuple

from ..paths import Inode
from .api import kernel32, last_error, opened

# Attributes, the times of creation, last access and last writing, and the size with its upper half first.
_ATTRIBUTE_DATA = struct.Struct("<IQQQII")
_DIRECTORY, _REPARSE_POINT = 0x10, 0x400
# Of an entry of a listing: how far the next one is, the length of its name in bytes, the number of its file; the name follows.
_LISTED = struct.Struct("<I56xI32xq")
_LISTING_BUFFER = 1 << 16
_ID_BOTH_DIRECTORY_INFO, _NO_MORE_FILES = 10, 18
_LIST_DIRECTORY, _DIRECTORY_ITSELF = 0x1, 0x02200000
# Between 1601 and 1970, in units of 100 ns.
_EPOCH = 116444736000000000


class WindowsStatus(NamedTuple):
    """The fields of an ``os.stat_result`` that are known without opening the file."""

    st_mode: int
    st_size: int
    st_mtime_ns: int
    st_ctime_ns: int
    """When it was made, as in the ``os.lstat`` of Windows."""
    st_file_attributes: int


class WindowsStatusReader:
    """Reads the status of the files of one volume; the memory that the system writes to is made once."""

    def __init__(self, *, numbers: bool) -> None:
        self._ask: Any = kernel32().GetFileAttributesExW
        self._buffer = ctypes.create_string_buffer(_ATTRIBUTE_DATA.size)
        self._wants_numbers = numbers
        self._numbers: dict[str, int] = {}
        self._device: int | None = None

    def status(self, path: str) -> WindowsStatus | os.stat_result:
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

    def names(self, directory: str) -> list[str]:
        """Return the names in a directory, and keep the numbers of their files where they are needed."""
        if not self._wants_numbers:
            return os.listdir(directory)
        found = numbers(directory)
        self._numbers.update({f"{directory}\\{name}": number for name, number in found.items()})
        return list(found)

    def inode(self, path: str, status: WindowsStatus | os.stat_result) -> Inode:
        """Return what distinguishes a file from all others, by its listing; one that no listing gave a number of is opened."""
        number = self._numbers.get(path, 0)
        if number > 0 and self._device is not None:
            return (self._device, number, status.st_size)
        opened_status = os.lstat(path)
        self._device = opened_status.st_dev
        return (opened_status.st_dev, opened_status.st_ino, opened_status.st_size)


def numbers(directory: str) -> dict[str, int]:
    """Return the names in a directory with the numbers of their files; not positive where the volume has none of 64 bits."""
    found: dict[str, int] = {}
    buffer = ctypes.create_string_buffer(_LISTING_BUFFER)
    with opened(directory, access=_LIST_DIRECTORY, flags=_DIRECTORY_ITSELF) as handle:
        while kernel32().GetFileInformationByHandleEx(handle, _ID_BOTH_DIRECTORY_INFO, buffer, _LISTING_BUFFER):
            found.update(_entries(buffer))
        error = last_error()
        if error.winerror != _NO_MORE_FILES:  # type: ignore[attr-defined, unused-ignore]
            raise error
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
    if not kernel32().SetFileTime(handle, None, moment, moment):
        raise last_error()
