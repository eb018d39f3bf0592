# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files in a directory that others may add files to: made exclusively, replaced by rename, opened only where they are this user's.

No name is followed: a link, a second name, a device, or a file of another user that stands in the place of ours is refused.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.fs.ownership import others_behind

LOCK = ".reports.lock"
_NEW = ".new"
_LEFTOVER = re.compile(rf"\..+\.[0-9a-f]{{32}}{re.escape(_NEW)}", re.DOTALL)
_OPEN = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def open_own(path: Path, flags: int = os.O_RDONLY) -> int:
    """Return a descriptor of a file that is there; raises OSError, also where it is not a regular file of this user's with one name."""
    try:
        descriptor = os.open(path, flags | _OPEN)
    except OSError as error:
        raise OSError(error.errno, _words(error)) from error
    problem = not_own(descriptor)
    if problem is not None:
        os.close(descriptor)
        raise PermissionError(errno.EPERM, problem)
    return descriptor


def _words(error: OSError) -> str:
    return "it is a symbolic link" if error.errno == errno.ELOOP else str(error.strerror)


def not_own(descriptor: int) -> str | None:
    """Return what keeps an open file from being one that only this user, or root, can have made and can change; None where nothing does."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return "it is not a regular file"
    if status.st_nlink != 1:
        return "it has a second name elsewhere (a hard link)"
    return others_behind(status, descriptor)


def create_own(path: Path, flags: int, *, mode: int) -> int:
    """Return a descriptor of a new file, which nothing that is there can stand in for."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL | _OPEN, 0o600)
    os.fchmod(descriptor, mode)
    return descriptor


def replace_file(path: Path, write: Callable[[IO[str]], Any], *, mode: int = 0o644) -> None:
    """Have a text written beside a file, and put it in the file's place in one step; a link that stands there is replaced, not followed."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        # The name must not end as the file's own does: node_exporter reads every *.prom. It cannot be guessed, so nobody can take it.
        beside = f".{path.name}.{secrets.token_hex(16)}{_NEW}"
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _OPEN, 0o600, dir_fd=directory)
        try:
            with open(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n") as stream:
                write(stream)
                stream.flush()
                os.fchmod(descriptor, mode)
                os.fsync(descriptor)
            os.rename(beside, path.name, src_dir_fd=directory, dst_dir_fd=directory)
        except BaseException:
            os.unlink(beside, dir_fd=directory)
            raise
    finally:
        os.close(directory)


@contextmanager
def private_copy(path: Path) -> Iterator[Path]:
    """Give a copy of a file, or the name for a new one, in a directory that no other user can enter; afterwards it takes the file's place.

    For what must be opened by its name, as SQLite does with its files.
    """
    workshop = path.with_name(f".{path.name}.{secrets.token_hex(16)}{_NEW}")
    os.mkdir(workshop, 0o700)
    try:
        copy = workshop / path.name
        if os.path.lexists(path):
            with open(open_own(path), "rb") as source, open(create_own(copy, os.O_WRONLY, mode=0o600), "wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)
        yield copy
        descriptor = open_own(copy)
        try:
            os.fchmod(descriptor, 0o644)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(copy, path)
    finally:
        shutil.rmtree(workshop)


@contextmanager
def alone_in(directory: Path, *, wait: float = 60.0) -> Iterator[None]:
    """Hold a directory's lock, so that what is read, changed and written there is not changed meanwhile by another run of ours."""
    path = directory / LOCK
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _OPEN, 0o600)
    except OSError as error:
        raise HermeticError(f"The lock {path} cannot be opened: {_words(error)}. Remove it, or name another directory.") from error
    try:
        problem = not_own(descriptor)
        if problem is not None:
            raise HermeticError(f"The lock {path} cannot be used: {problem}. Remove it, or name another directory.")
        until = time.monotonic() + wait
        while not _locked(descriptor):
            if time.monotonic() > until:
                raise HermeticError(
                    f"Another run has been writing reports in {directory} for {wait:.0f} seconds. Run this one again later."
                )
            time.sleep(0.05)
        _remove_leftovers(directory)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _remove_leftovers(directory: Path) -> None:
    """Remove what runs of this user left that were killed while they wrote; nobody writes now, since this run holds the lock."""
    for entry in os.scandir(directory):
        if _LEFTOVER.fullmatch(entry.name) and entry.stat(follow_symlinks=False).st_uid == os.geteuid():
            if entry.is_dir(follow_symlinks=False):
                shutil.rmtree(entry.path)
            elif entry.is_file(follow_symlinks=False):
                os.unlink(entry.path)
