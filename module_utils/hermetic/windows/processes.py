# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which programs and libraries the live processes of a Windows host run, and whether a single file is in use."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..paths import extended
from .api import kernel32, last_error, psapi

# Its programs are hard links to those of the bundle: in use together with it, which says nothing of the environment.
ENVIRONMENT_MARK = "pyvenv.cfg"

_PROGRAM_SUFFIXES = (".exe", ".dll", ".pyd")
_SHARING_VIOLATION, _ACCESS_DENIED = 32, 5
_SYSTEM = 4
"""The number of the process that stands for the kernel; below it is the idle process."""
_QUERY, _READ_MEMORY, _QUERY_LIMITED = 0x0400, 0x0010, 0x1000
_ALL_MODULES = 3
_LONGEST = 32768
_MOST_PROCESSES, _MOST_MODULES = 16384, 4096


def trees_in_use(trees: Iterable[Path]) -> set[Path]:
    """Return those of the trees that a live process runs from.

    A bundle is in use when one of its programs or libraries is mapped, under whatever name. An environment is when a process was
    started from it or has mapped a library of it, or holds its pyvenv.cfg, as one does that was started through a fallback directory.
    """
    found = set()
    mapped: set[str] | None = None
    for tree in trees:
        if not os.path.isfile(tree / ENVIRONMENT_MARK):
            if any(is_open(file) for file in _programs(tree)):
                found.add(tree)
            continue
        mapped = _mapped_files() if mapped is None else mapped
        base = os.path.normcase(os.path.abspath(tree)) + os.sep
        if any(path.startswith(base) for path in mapped) or is_held(extended(tree / ENVIRONMENT_MARK)):
            found.add(tree)
    return found


def is_open(path: str) -> bool:
    """Ask to write and change nothing: the system refuses as long as the file is mapped as a program."""
    return _refuses(path, share=7)


def is_held(path: str) -> bool:
    """Return whether any process has the file open."""
    return _refuses(path, share=0)


def _programs(tree: Path) -> Iterable[str]:
    files = (os.path.join(directory, name) for directory, _unused, names in os.walk(extended(tree)) for name in names)
    return (file for file in files if file.lower().endswith(_PROGRAM_SUFFIXES))


def _refuses(path: str, *, share: int) -> bool:
    import _winapi

    open_existing = 3
    access = _winapi.GENERIC_WRITE if share else _winapi.GENERIC_READ  # type: ignore[attr-defined, unused-ignore]
    try:
        handle = _winapi.CreateFile(path, access, share, 0, open_existing, 0, 0)  # type: ignore[attr-defined, unused-ignore]
    except OSError as error:
        return getattr(error, "winerror", None) == _SHARING_VIOLATION
    _winapi.CloseHandle(handle)  # type: ignore[attr-defined, unused-ignore]
    return False


def programs_below(directory: Path) -> dict[int, str]:
    """Return the program of each process that was started from below a directory, or has mapped a library of it, by its number."""
    base = os.path.normcase(os.path.abspath(directory)) + os.sep
    found = {}
    for number, _process, files in files_by_process():
        below = sorted((path for path in map(os.path.normcase, files) if path.startswith(base)), key=lambda path: not path.endswith(".exe"))
        if below:
            found[number] = below[0]
    return found


def _mapped_files() -> set[str]:
    """Return the programs and libraries of all processes that this user may inspect, in the spelling of ``normcase``."""
    return {os.path.normcase(path) for _number, _process, files in files_by_process() for path in files}


def files_by_process(refused: list[int] | None = None) -> Iterator[tuple[int, ctypes.c_void_p, list[str]]]:
    """Yield each process with a handle of it, its program and then its libraries; those that this user may not examine are added to ``refused``."""
    kernel = kernel32()
    numbers = (ctypes.c_uint32 * _MOST_PROCESSES)()
    filled = ctypes.c_uint32()
    if not psapi().EnumProcesses(ctypes.byref(numbers), ctypes.sizeof(numbers), ctypes.byref(filled)):
        raise last_error()
    for number in numbers[: filled.value // ctypes.sizeof(ctypes.c_uint32)]:
        handle = kernel.OpenProcess(_QUERY | _READ_MEMORY, False, number) or kernel.OpenProcess(_QUERY_LIMITED, False, number)
        if not handle:
            # Otherwise it ended meanwhile, or is of the system itself, which runs nothing of ours.
            if refused is not None and number > _SYSTEM and ctypes.get_last_error() == _ACCESS_DENIED:  # type: ignore[attr-defined, unused-ignore]
                refused.append(number)
            continue
        process = ctypes.c_void_p(handle)
        try:
            yield number, process, _of_process(process)
        finally:
            kernel.CloseHandle(process)


def _of_process(process: ctypes.c_void_p) -> list[str]:
    found: list[str] = []
    text = ctypes.create_unicode_buffer(_LONGEST)
    length = ctypes.c_uint32(_LONGEST)
    if kernel32().QueryFullProcessImageNameW(process, 0, text, ctypes.byref(length)):
        found.append(text.value)
    modules = (ctypes.c_void_p * _MOST_MODULES)()
    filled = ctypes.c_uint32()
    if psapi().EnumProcessModulesEx(process, ctypes.byref(modules), ctypes.sizeof(modules), ctypes.byref(filled), _ALL_MODULES):
        for module in modules[: min(filled.value // ctypes.sizeof(ctypes.c_void_p), _MOST_MODULES)]:
            if psapi().GetModuleFileNameExW(process, ctypes.c_void_p(module), text, _LONGEST):
                found.append(text.value)
    return found
