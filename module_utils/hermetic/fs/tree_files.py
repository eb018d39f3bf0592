# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put files into trees: written, or shared with an unpacked wheel by block, by inode or by copy, as the file system allows."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Iterator
from pathlib import Path

from ..errors import HermeticError
from ..paths import FILE_TIME_NS
from ..windows import status as windows_status

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

# From linux/fs.h; the only number for it, since Python has no name for this call.
_FICLONE = 0x40049409
_CANNOT_LINK = (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.EACCES)


@contextlib.contextmanager
def open_file(path: str, *, mode: int) -> Iterator[int]:
    """Make a file of a tree, give its descriptor to write to, and set exactly this mode and the time that all files of trees have."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
    try:
        yield descriptor
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        if os.utime in os.supports_fd:
            os.utime(descriptor, ns=(FILE_TIME_NS, FILE_TIME_NS))
        else:
            windows_status.set_times(descriptor, FILE_TIME_NS)
    finally:
        os.close(descriptor)


def write_file(path: str, data: bytes | memoryview, *, mode: int) -> None:
    """Write a whole file of a tree, with its mode and time."""
    with open_file(path, mode=mode) as descriptor:
        # A file object would ask first what it was given, which is slow on Windows.
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]


def reflink(source: str, target: str, mode: int) -> bool:
    """Make a copy that shares the blocks of its source until either is written; raises OSError where the file system cannot."""
    if fcntl is None or not hasattr(os, "fchmod"):
        raise OSError(errno.ENOTSUP, "reflinks are not available on this system", target)
    with open(source, "rb") as reading, open(target, "xb") as writing:
        try:
            fcntl.ioctl(writing.fileno(), _FICLONE, reading.fileno())
        except OSError:
            os.unlink(target)
            raise
        os.fchmod(writing.fileno(), mode)
        os.utime(writing.fileno(), ns=(FILE_TIME_NS, FILE_TIME_NS))
    return False


def copy(source: str, target: str, mode: int) -> bool:
    """Copy content, mode and the common time."""
    import shutil  # with the archivers that it loads, only where it is asked for

    shutil.copyfile(source, target)
    os.chmod(target, mode)
    os.utime(target, ns=(FILE_TIME_NS, FILE_TIME_NS))
    return False


def hard_link(source: str, target: str, mode: int) -> bool:
    """Link, or copy where this one file cannot be linked (too many links, another volume)."""
    try:
        os.link(source, target)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        return copy(source, target, mode)
    return True


# Each returns whether the target is the very file of the source.
WAYS = {"reflink": reflink, "hardlink": hard_link, "copy": copy}


def choose_way(link_mode: str, sample: Path, directory: Path) -> str:
    """Return ``reflink``, ``hardlink`` or ``copy``: the one asked for, or for ``auto`` the first that works from this file into that directory.

    Raises HermeticError when the one asked for does not work.
    """
    tries = ("reflink", "hardlink") if link_mode == "auto" else (link_mode,)
    trial = directory / ".link-trial"
    reason = ""
    for way in tries:
        try:
            if way == "hardlink":
                os.link(sample, trial)
            else:
                WAYS[way](str(sample), str(trial), 0o644)
        except OSError as error:
            reason = error.strerror or str(error)
            # What a way has begun and could not remove itself would stay in the tree.
            trial.unlink(missing_ok=True)
            continue
        trial.unlink()
        return way
    if link_mode == "auto":
        return "copy"
    raise HermeticError(
        f"The option link_mode is '{link_mode}', which does not work from {sample.parent} to {directory}: {reason}. Use link_mode auto, hardlink or copy."
    )
