# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring what was written to a Windows volume to the disk: all at once where this user may, file by file otherwise."""

from __future__ import annotations

import ctypes
import ntpath
import os
from collections.abc import Iterable
from pathlib import Path

from .api import kernel32, opened

_AT_ONCE = 16

# Volumes that have refused once: this process does not ask again.
_refused: set[str] = set()


def flush_files(paths: Iterable[str]) -> None:
    """Make the content of files durable."""
    found = list(paths)
    drives = sorted({ntpath.splitdrive(path.removeprefix("\\\\?\\"))[0] for path in found})
    if all(map(_flush_volume, drives)):
        return
    # Imported here because a run that writes nothing can do without.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        # By the slice: handing over a file by itself takes longer than flushing it.
        for _done in pool.map(_flush_each, (found[number::_AT_ONCE] for number in range(_AT_ONCE))):
            pass


def _flush_each(paths: list[str]) -> None:
    for path in paths:
        _flush_file(path)


def _flush_file(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))
    except PermissionError:
        # A program that runs cannot be opened for writing; it was not written by this run either.
        return
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _flush_volume(drive: str) -> bool:
    """Flush a whole volume, which an administrator may; False where it cannot be done."""
    if len(drive) != 2 or drive in _refused:
        return False
    generic_write = 0x40000000
    try:
        with opened(f"\\\\.\\{drive}", access=generic_write) as volume:
            flushed = bool(kernel32().FlushFileBuffers(volume))
    except OSError:
        # Who is no administrator may not open it; every file is flushed by itself then.
        flushed = False
    if not flushed:
        _refused.add(drive)
    return flushed


def long_name(path: Path) -> Path:
    """Return a path with the parts that exist in their own names, where it may be written in the short form of DOS (8.3)."""
    existing, rest = path, []
    while not os.path.lexists(existing) and existing.parent != existing:
        rest.append(existing.name)
        existing = existing.parent
    text = ctypes.create_unicode_buffer(32768)
    if not kernel32().GetLongPathNameW(ctypes.c_wchar_p(str(existing)), text, 32768):
        return path
    return Path(text.value, *reversed(rest))
