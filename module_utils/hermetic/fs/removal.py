# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove trees, whatever their modes, flags and lengths of path; what live processes hold is set aside, what is mounted is left."""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..errors import BrokenRoot
from ..paths import BUILDING, DISCARDED, WINDOWS, extended
from ..windows import in_use as windows_in_use
from . import extended_attributes
from .atomic import PATIENCE, patiently

_NAMED_AT_MOST = 20
_REMEDY = "Stop the processes that use it, unmount what is mounted in it, correct the permissions, and run again."
_MOUNTED = "a file system is mounted here; it was left alone"
# Whoever writes below a tree chooses how deep it is: neither the stack nor the descriptors of this process may depend on it.
_LEVELS = 64
_MOST_MOVED = 10_000


class _TooDeep:
    """Directories too far down in a tree, which are moved to its top to be removed from there."""

    def __init__(self, move: Callable[[str, int | None, str], None]) -> None:
        """``move`` gives a directory, by its name and the descriptor of the directory that it is in, a name at the top."""
        self._move, self._count = move, 0
        self.names: list[str] = []

    def take(self, name: str, parent: int | None) -> None:
        """Move one more; raises OSError where there are so many that somebody seems to make them as fast as they go."""
        if self._count == _MOST_MOVED:
            raise OSError(errno.ELOOP, "directories are nested too deeply")
        self._count += 1
        new = f"{DISCARDED}{os.urandom(8).hex()}"
        self._move(name, parent, new)
        self.names.append(new)


def remove_tree(path: Path) -> None:
    """Remove whatever is at the path, a whole tree or one link, and follow no link; nothing there is fine.

    Directories that may not be written are made writable first, immutable flags are cleared where this user may, and a file system
    that is mounted somewhere in the tree stays as it is. On Windows the read-only attribute is cleared,
    and a file that is open elsewhere is waited for shortly; one that a process runs from is set aside in the state of its root.
    What cannot go is named in the error, the rest is gone.
    """
    left = _what_stays(path)
    if left:
        more = [f"and {len(left) - _NAMED_AT_MOST} more"] if len(left) > _NAMED_AT_MOST else []
        raise BrokenRoot(f"{path}: could not be removed completely. {_REMEDY}", left[:_NAMED_AT_MOST] + more)


def try_to_remove(path: Path) -> list[str]:
    """Remove as ``remove_tree`` does, and return a sentence, for a warning, when something stays."""
    left = _what_stays(path)
    if not left:
        return []
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    return [f"{path} could not be removed completely and will be tried again by the next run: {left[0]}{more}. {_REMEDY}"]


def free(path: Path) -> list[str]:
    """Free a name: remove what has it, or rename aside what stays; returns the sentences of ``try_to_remove``.

    Raises BrokenRoot when the name cannot be freed either way.
    """
    warnings = try_to_remove(path)
    if warnings and os.path.lexists(path):
        aside = aside_name(path)
        extended_attributes.release(os.fspath(path))
        try:
            os.rename(path, aside)
        except OSError:
            remove_tree(path)  # raises with everything that stays
            return []
        warnings = [sentence.replace(f"{path} could", f"{aside} could", 1) for sentence in warnings]
    return warnings


def aside_name(path: Path) -> Path:
    """Return a free name beside a tree, which says that a run of ours discarded it."""
    name = path.name
    for prefix in (BUILDING, DISCARDED):
        name = name.removeprefix(prefix)
    plain = path.with_name(f"{DISCARDED}{name}")
    return plain if not os.path.lexists(plain) else path.with_name(f"{DISCARDED}{name}-{os.urandom(4).hex()}")


def _what_stays(path: Path) -> list[str]:
    left: list[str] = []
    try:
        kind = os.lstat(path)
        if WINDOWS:
            _remove_on_windows(path, kind, left)
        elif not stat.S_ISDIR(kind.st_mode):
            _released(functools.partial(os.unlink, path), os.fspath(path), None)
        else:
            _remove_by_descriptor(os.fspath(path), None, os.fspath(path), left)
    except (FileNotFoundError, NotADirectoryError):
        pass
    except OSError as error:
        left.append(f"{path}: {error.strerror}")
    return left


def _released(action: Callable[[], None], name: str, parent: int | None) -> None:
    """Do what the system may refuse because of a flag of the file or of the directory that it is in; clear them then, and do it again."""
    try:
        action()
    except PermissionError:
        above = extended_attributes.release(".", directory=parent) if parent is not None else _release_above(name)
        if not extended_attributes.release(name, directory=parent) and not above:
            raise
        action()


def _release_above(name: str) -> bool:
    return extended_attributes.release(os.path.dirname(name) or ".")


@contextlib.contextmanager
def _named_where_it_stays(shown: str, left: list[str]) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        pass
    except OSError as error:
        left.append(f"{shown}: {error.strerror}")


def _remove_by_descriptor(
    name: str, parent: int | None, shown: str, left: list[str], device: int | None = None, deep: _TooDeep | None = None, level: int = 0
) -> None:
    """Descend through descriptors, so that a directory that is swapped for a link meanwhile leads nowhere."""
    try:
        # Empty ones go at once, and one that something is mounted on says so here: what is mounted is nobody's garbage.
        os.rmdir(name, dir_fd=parent)
        return
    except OSError as error:
        if error.errno == errno.EBUSY:
            left.append(f"{shown}: {_MOUNTED}")
            return
        if error.errno == errno.ENOENT:
            return
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(name, flags, dir_fd=parent)
    except PermissionError:
        os.chmod(name, 0o700, dir_fd=parent)
        descriptor = os.open(name, flags, dir_fd=parent)
    before = len(left)
    try:
        status = os.fstat(descriptor)
        if device is not None and status.st_dev != device:
            left.append(f"{shown}: {_MOUNTED}")
            return
        if status.st_mode & 0o300 != 0o300:
            _released(functools.partial(os.fchmod, descriptor, 0o700), ".", descriptor)
        with os.scandir(descriptor) as entries:
            found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        below = deep if deep is not None else _TooDeep(functools.partial(_move_up, descriptor))
        for child, is_directory in found:
            with _named_where_it_stays(f"{shown}/{child}", left):
                if not is_directory:
                    _released(functools.partial(os.unlink, child, dir_fd=descriptor), child, descriptor)
                elif level < _LEVELS:
                    _remove_by_descriptor(child, descriptor, f"{shown}/{child}", left, status.st_dev, below, level + 1)
                else:
                    below.take(child, descriptor)
        while deep is None and below.names:
            child = below.names.pop()
            with _named_where_it_stays(f"{shown}/{child}", left):
                _remove_by_descriptor(child, descriptor, f"{shown}/{child}", left, status.st_dev, below, level + 1)
    finally:
        os.close(descriptor)
    if len(left) == before:
        _released(functools.partial(os.rmdir, name, dir_fd=parent), name, parent)


def _move_up(top: int, name: str, parent: int | None, new: str) -> None:
    action = functools.partial(os.rename, name, new, src_dir_fd=parent, dst_dir_fd=top)
    try:
        action()
    except PermissionError:
        # A directory gets another one above it, for which its owner must be able to write there.
        os.chmod(name, 0o700, dir_fd=parent)
        _released(action, name, parent)


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


def _remove_by_path(path: str, left: list[str], deadline: float, deep: _TooDeep | None = None, level: int = 0) -> None:
    before = len(left)
    below = deep if deep is not None else _TooDeep(lambda name, _parent, new: os.rename(name, os.path.join(path, new)))
    with os.scandir(path) as entries:
        found = list(entries)
    for entry in found:
        is_link = entry.is_symlink() or _is_link(entry.stat(follow_symlinks=False))
        with _named_where_it_stays(entry.path, left):
            if is_link:
                patiently(functools.partial(_remove_one, entry.path), deadline=deadline)
            elif not entry.is_dir(follow_symlinks=False):
                _remove_file(entry.path, deadline)
            elif level < _LEVELS:
                _remove_by_path(entry.path, left, deadline, below, level + 1)
            else:
                below.take(entry.path, None)
    while deep is None and below.names:
        place = os.path.join(path, below.names.pop())
        with _named_where_it_stays(place, left):
            _remove_by_path(place, left, deadline, below, level + 1)
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
