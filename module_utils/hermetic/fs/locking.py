# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let one run at a time change a root, and say who it is."""

from __future__ import annotations

import errno
import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from ..errors import BrokenRoot, LockTimeout
from ..os_errors import explain
from .own_files import NotOurFile, open_regular

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_FIRST_PAUSE = 0.01
_LONGEST_PAUSE = 0.5
# Wine's C library says that it failed and not why.
_BUSY = {errno.EAGAIN, errno.EACCES, errno.EWOULDBLOCK, errno.EDEADLK, *((0,) if sys.platform == "win32" else ())}
# Windows locks bytes, and nobody else can read a locked one: this one lies far behind the text.
_LOCKED_BYTE = 1 << 30

_held: set[int] = set()


def _forget_in_child() -> None:
    """Close the locks in a forked child: it would keep them when its parent is killed."""
    while _held:
        os.close(_held.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)


@contextmanager
def hold(path: Path, *, timeout: float, purpose: str) -> Iterator[float]:
    """Hold the lock file for the length of the block and yield the seconds that were waited for it.

    A timeout of 0 tries once. The lock belongs to the process: the system releases it however the process ends,
    so the text of a dead holder is no obstacle. The file itself stays; removing it would let two runs in.
    """
    begin = time.monotonic()
    pause = _FIRST_PAUSE
    while True:
        descriptor = _attempt(path)
        waited = time.monotonic() - begin
        if descriptor is not None:
            break
        if waited >= timeout:
            raise LockTimeout(
                f"{path}: locked by {_holder(path)}; waited {waited:.1f} s of {timeout:g} s. "
                "Run again when that run has ended, or allow a longer lock_timeout. If it hangs, end that process: "
                "the lock goes with it. Do not remove the file."
            )
        time.sleep(min(pause, max(timeout - waited, 0.0)))
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    _held.add(descriptor)
    try:
        _name(descriptor, f"pid {os.getpid()} on {socket.gethostname()} since {_now()}: {' '.join(purpose.split())}\n")
        yield waited
    finally:
        if descriptor in _held:  # not in a child that was forked inside the block
            _held.discard(descriptor)
            _name(descriptor, "")
            _release(descriptor)


@contextmanager
def alone_with(path: Path) -> Iterator[bool]:
    """Lock a file that programs lock together while they use something, without a word in it; yield False where one of them does.

    Where there is no such file, nobody can have locked it.
    """
    try:
        descriptor = open_regular(path)
    except FileNotFoundError:
        yield True
        return
    try:
        yield _is_locked(descriptor)
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int) -> bool:
    try:
        _lock(descriptor)
    except OSError as error:
        if error.errno in _BUSY:
            return False
        raise
    return True


def _attempt(path: Path) -> int | None:
    """Return a locked descriptor of the file that is at the path now, or None while another holds it."""
    try:
        descriptor = _opened(path)
    except NotOurFile as error:
        raise BrokenRoot(f"{path}: {error}; it was left alone, and nothing was changed. Remove it and run again.") from error
    except OSError as error:
        raise explain(error, str(path)) from error
    try:
        _lock(descriptor)
        if os.path.samestat(os.fstat(descriptor), os.lstat(path)):
            return descriptor
    except FileNotFoundError:
        pass  # the root was removed and perhaps made again while we waited: this lock guards nothing
    except OSError as error:
        if error.errno not in _BUSY:
            os.close(descriptor)
            raise explain(error, str(path)) from error
    os.close(descriptor)
    return None


def _opened(path: Path) -> int:
    fresh = not os.path.lexists(path)
    try:
        descriptor = open_regular(path, os.O_RDWR | os.O_CREAT)
        # Whatever the umask; one that was there keeps its mode, so that a verification of the root can say what it is.
        if fresh and sys.platform != "win32":
            os.fchmod(descriptor, 0o644)
        return descriptor
    except OSError as error:
        # An immutable flag or a read-only attribute keeps it from being written, not from being locked; the run puts it right.
        # So does a file system that is mounted read-only, which may be writable by another mount.
        if not (isinstance(error, PermissionError) or error.errno == errno.EROFS) or not os.path.isfile(path):
            raise
        return open_regular(path)


def _lock(descriptor: int) -> None:
    if sys.platform == "win32":
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _release(descriptor: int) -> None:
    try:
        if sys.platform == "win32":
            os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_UN)
    finally:
        os.close(descriptor)


def _name(descriptor: int, text: str) -> None:
    # The text only informs those who wait: on a full disk, pruning and going back must still get the lock.
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, text.encode("utf-8", "surrogateescape"))


def _holder(path: Path) -> str:
    try:
        with open(open_regular(path), encoding="utf-8", errors="replace") as file:
            text = file.read(1000).strip()
    except (OSError, NotOurFile):
        text = ""
    return text or "a process that has not named itself"


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
