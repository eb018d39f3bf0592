# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Get files out of the way that a live process keeps: Windows renames what it does not remove, so they are set aside and removed later."""

from __future__ import annotations

import errno
import filecmp
import os
from collections.abc import Callable, Iterator
from pathlib import Path

# In the state of a root: what a process kept from being removed. No run was cut off, so it is no finding.
SET_ASIDE = os.path.join("state", "set-aside")

# Access denied, sharing violation, lock violation, open by a user's section: what an open or mapped file answers.
REFUSALS = (5, 32, 33, 1224)


def refused(error: OSError) -> bool:
    """Return whether Windows refused because something has the file open."""
    return getattr(error, "winerror", None) in REFUSALS


def set_aside(path: str) -> None:
    """Rename a file that cannot be removed into the state of the root that it belongs to."""
    directory = _place(path)
    os.makedirs(directory, exist_ok=True)
    os.rename(path, os.path.join(directory, os.urandom(8).hex()))


def _place(path: str) -> str:
    above = os.path.dirname(path)
    while above != os.path.dirname(above):
        if os.path.isfile(os.path.join(above, "state", "lock")):
            return os.path.join(above, SET_ASIDE)
        above = os.path.dirname(above)
    raise FileNotFoundError(errno.ENOENT, "it lies in no root that could take it", path)


def replace_content(building: str, final: str, *, patiently: Callable[[Callable[[], None]], None]) -> None:
    """Give an existing directory the content of a finished one, where the directory itself cannot be renamed.

    That is so as long as a process runs from it. A file that runs and is as it should be stays; the rest is replaced one by one.
    A run that is cut off here leaves differences, which the next one finds and repairs.
    """
    finished = set(_below(building))
    for path in sorted(_below(final), reverse=True):
        if path not in finished:
            patiently(lambda path=path: _remove(os.path.join(final, path)))  # type: ignore[misc]
    for path in sorted(finished):
        source, target = os.path.join(building, path), os.path.join(final, path)
        if os.path.isdir(source):
            if not os.path.isdir(target):
                if os.path.lexists(target):
                    _remove(target)
                os.mkdir(target)
        else:
            patiently(lambda source=source, target=target: _take_over(source, target))  # type: ignore[misc]


def _take_over(source: str, target: str) -> None:
    if os.path.isdir(target):
        _remove(target)
    try:
        os.replace(source, target)
    except OSError as error:
        if not refused(error):
            raise
        if not _same(source, target):
            set_aside(target)
            os.rename(source, target)


def set_aside_or_remove(path: str) -> None:
    """Remove a file, or set it aside when a process has it open."""
    try:
        os.chmod(path, 0o600)
        os.unlink(path)
    except OSError as error:
        if not refused(error):
            raise
        set_aside(path)


def _remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        for name in os.listdir(path):
            _remove(os.path.join(path, name))
        os.rmdir(path)
    else:
        set_aside_or_remove(path)


def _below(base: str) -> Iterator[str]:
    for above, directories, names in os.walk(base):
        inside = os.path.relpath(above, base)
        for name in (*directories, *names):
            yield os.path.normpath(os.path.join(inside, name))


def _same(source: str, target: str) -> bool:
    """Return whether a file need not be replaced; its content decides, since somebody may have edited it and set the time back."""
    try:
        found, expected = os.lstat(target), os.lstat(source)
        alike = (found.st_size, found.st_mtime_ns, found.st_mode) == (expected.st_size, expected.st_mtime_ns, expected.st_mode)
        return alike and filecmp.cmp(source, target, shallow=False)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return False


def set_aside_in(root: Path) -> list[Path]:
    """Return what was set aside in a root."""
    directory = root / SET_ASIDE
    try:
        return [directory / name for name in sorted(os.listdir(directory))]
    except (FileNotFoundError, NotADirectoryError):
        return []
