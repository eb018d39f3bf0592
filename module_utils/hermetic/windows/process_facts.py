# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose the processes of a Windows host are, since when they run, and what of a directory they run."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Sequence

from .api import advapi32, kernel32
from .processes import files_by_process

_TOKEN_QUERY, _TOKEN_USER = 0x0008, 1
_LONGEST_NAME = 256
# Intervals of 100 ns between 1601, where Windows begins to count, and 1970.
_EPOCH, _SECOND = 116444736000000000, 10_000_000

Facts = tuple[int, str, "float | None", str, tuple[str, ...]]
"""Number, user, start in seconds since 1970, program, and the programs and libraries below the directory."""


def running_below(directories: Sequence[str]) -> tuple[list[Facts], int]:
    """Return the processes that run a program or a library from below a directory, and how many may not be examined by this user."""
    bases = tuple(os.path.normcase(each).rstrip("\\") + "\\" for each in directories)
    found: list[Facts] = []
    refused: list[int] = []
    for number, process, files in files_by_process(refused):
        below = tuple(sorted(path for path in files if os.path.normcase(path).startswith(bases)))
        if below:
            # Another name of the same file may stand among the libraries: programs of environments are hard links to those of bundles.
            found.append((number, _user(process), _started(process), files[0], below))
    return found, len(refused)


def _started(process: ctypes.c_void_p) -> float | None:
    times = (ctypes.c_uint64 * 4)()
    size = ctypes.sizeof(ctypes.c_uint64)
    if not kernel32().GetProcessTimes(process, *(ctypes.byref(times, place * size) for place in range(4))):
        return None
    return (times[0] - _EPOCH) / _SECOND


def _user(process: ctypes.c_void_p) -> str:
    """Return the account of a process, or an empty text where this user may not ask for it."""
    token = ctypes.c_void_p()
    if not advapi32().OpenProcessToken(process, _TOKEN_QUERY, ctypes.byref(token)):
        return ""
    try:
        information = ctypes.create_string_buffer(1024)
        filled = ctypes.c_uint32()
        if not advapi32().GetTokenInformation(token, _TOKEN_USER, information, len(information), ctypes.byref(filled)):
            return ""
        sid = ctypes.c_void_p.from_buffer(information)
        name, domain = (ctypes.create_unicode_buffer(_LONGEST_NAME) for _each in range(2))
        lengths = (ctypes.c_uint32(_LONGEST_NAME), ctypes.c_uint32(_LONGEST_NAME))
        kind = ctypes.c_uint32()
        if not advapi32().LookupAccountSidW(
            None, sid, name, ctypes.byref(lengths[0]), domain, ctypes.byref(lengths[1]), ctypes.byref(kind)
        ):
            return ""
        return f"{domain.value}\\{name.value}" if domain.value else name.value
    finally:
        kernel32().CloseHandle(token)
