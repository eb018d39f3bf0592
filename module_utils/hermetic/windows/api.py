# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The libraries of Windows, loaded once and given the length of a handle, and what they say when they refuse."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

_HANDLES = ("CreateFileW", "CreateJobObjectW", "FindFirstStreamW", "GetCurrentProcess", "OpenProcess")
_NONE = (None, ctypes.c_void_p(-1).value)
_SHARE_ALL, _OPEN_EXISTING = 0x7, 3


@cache
def kernel32() -> Any:
    """Return the library of files and processes."""
    library = _loaded("kernel32")
    for name in _HANDLES:
        getattr(library, name).restype = ctypes.c_void_p
    return library


@cache
def advapi32() -> Any:
    """Return the library of owners and access lists."""
    library = _loaded("advapi32")
    library.SetNamedSecurityInfoW.restype = ctypes.c_uint32
    library.GetSecurityDescriptorLength.restype = ctypes.c_uint32
    return library


@cache
def psapi() -> Any:
    """Return the library of what processes have loaded."""
    return _loaded("psapi")


def _loaded(name: str) -> Any:
    return ctypes.WinDLL(name, use_last_error=True)  # type: ignore[attr-defined, unused-ignore]


def is_handle(value: int | None) -> bool:
    """Return whether a call that returns a handle did so."""
    return value not in _NONE


def last_error() -> OSError:
    """Return what the last call of this thread failed with."""
    error: OSError = ctypes.WinError(ctypes.get_last_error())  # type: ignore[attr-defined, unused-ignore]
    return error


@contextmanager
def opened(path: str, *, access: int, flags: int = 0) -> Iterator[ctypes.c_void_p]:
    """Open what is there, keeping nobody else out, and close it at the end; raises OSError."""
    value = kernel32().CreateFileW(
        ctypes.c_wchar_p(path), ctypes.c_uint32(access), _SHARE_ALL, None, _OPEN_EXISTING, ctypes.c_uint32(flags), None
    )
    if not is_handle(value):
        raise last_error()
    handle = ctypes.c_void_p(value)
    try:
        yield handle
    finally:
        kernel32().CloseHandle(handle)
