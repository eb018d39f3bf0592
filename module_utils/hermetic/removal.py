# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove trees, whatever their modes and however long their paths; what live processes hold is set aside."""

from __future__ import annotations

import functools
import os
import stat
import time
from pathlib import Path

from . import windows_in_use
from .durable import PATIENCE, WINDOWS, extended, patiently
from .errors import BrokenRoot

_NAMED_AT_MOST = 20


def remove_tree(path: Path) -> None:
    """Remove whatever is at the path, a whole tree or one link, and follow no link; nothing there is fine.

    Directories that may not be written are made writable first. On Windows the read-only attribute is cleared,
    and a file that is open elsewhere is waited for shortly; one that a process runs from is set aside in the state of its root.
    What cannot go is named in the error, the rest is gone.
    """
    left: list[str] = []
    try:
        kind = os.lstat(path)
        if WINDOWS:
            _remove_on_windows(path, kind, left)
        elif not stat.S_ISDIR(kind.st_mode):
            os.unlink(path)
        else:
            _remove_by_descriptor(os.fspath(path), None, os.fspath(path), left)
    except FileNotFoundError:
        return
    except OSError as error:
        left.append(f"{path}: {error.strerror}")
    if left:
        more = [f"and {len(left) - _NAMED_AT_MOST} more"] if len(left) > _NAMED_AT_MOST else []
        raise BrokenRoot(
            f"{path}: could not be removed completely. Stop the processes that use it, mend the permissions, and run again.",
            left[:_NAMED_AT_MOST] + more,
        )


def _remove_by_descriptor(name: str, parent: int | None, shown: str, left: list[str]) -> None:
    """Descend through descriptors, so that a directory that is swapped for a link meanwhile leads nowhere."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        descriptor = os.open(name, flags, dir_fd=parent)
    before = len(left)
    try:
        if os.fstat(descriptor).st_mode & 0o300 != 0o300:
            os.fchmod(descriptor, 0o700)
        with os.scandir(descriptor) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        for child, is_directory in found:
            try:
                if is_directory:
                    _remove_by_descriptor(child, descriptor, f"{shown}/{child}", left)
                else:
                    os.unlink(child, dir_fd=descriptor)
            except FileNotFoundError:
                continue
            except OSError as error:
                left.append(f"{shown}/{child}: {error.strerror}")
    finally:
        os.close(descriptor)
    if len(left) == before:
        os.rmdir(name, dir_fd=parent)


def _remove_on_windows(path: Path, kind: os.stat_result, left: list[str]) -> None:
    deadline = time.monotonic() + PATIENCE
    if stat.S_ISDIR(kind.st_mode) and not _is_link(kind):
        _remove_by_path(extended(path), left, deadline)
        return
    if not _is_link(kind):
        os.chmod(extended(path), stat.S_IWRITE | stat.S_IREAD)
    patiently(functools.partial(_remove_one, extended(path)), deadline=deadline)


def _is_link(status: os.stat_result) -> bool:
    # A junction says that it is a directory, but is a link: rmdir takes the link and leaves its target alone.
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)


def _remove_by_path(path: str, left: list[str], deadline: float) -> None:
    before = len(left)
    with os.scandir(path) as entries:
        found = list(entries)
    for entry in found:
        is_link = entry.is_symlink() or _is_link(entry.stat(follow_symlinks=False))
        try:
            if entry.is_dir(follow_symlinks=False) and not is_link:
                _remove_by_path(entry.path, left, deadline)
            elif is_link:
                patiently(functools.partial(_remove_one, entry.path), deadline=deadline)
            else:
                _remove_file(entry.path, deadline)
        except FileNotFoundError:
            continue
        except OSError as error:
            left.append(f"{entry.path}: {error.strerror}")
    if len(left) == before:
        patiently(lambda: os.rmdir(path), deadline=deadline)


def _remove_file(path: str, deadline: float) -> None:
    os.chmod(path, stat.S_IWRITE | stat.S_IREAD)
    try:
        # A program that runs does so for longer than anybody waits: renaming it is tried before the second attempt.
        os.unlink(path)
    except OSError as error:
        if not windows_in_use.refused(error):
            raise
        try:
            windows_in_use.set_aside(path)
        except OSError:
            patiently(functools.partial(os.unlink, path), deadline=deadline)


def _remove_one(path: str) -> None:
    try:
        os.unlink(path)
    except PermissionError:
        os.rmdir(path)  # a junction that this Python's unlink does not know
