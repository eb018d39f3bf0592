# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Change files and trees so that a kill or a power cut leaves the old or the new, never half of it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Callable

from . import windows_in_use
from .errors import BrokenRoot, DiskFull
from .free_space import described
from .mounts import mount_of

WINDOWS = os.name == "nt"
TEMPORARY = ".new-"
RECORD_MODE = 0o644

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAMEAT2_NUMBERS = {"x86_64": 316, "aarch64": 276, "riscv64": 276, "i386": 353, "i686": 353, "armv7l": 382, "ppc64le": 357, "s390x": 347}
_CANNOT_EXCHANGE = {"ENOSYS", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "EXDEV", "EPERM"}
_SHARING_VIOLATIONS = {*windows_in_use.REFUSALS, 145}  # and directory not empty: what a scanner or a handle being closed causes
PATIENCE = 3.0

_WHAT_AND_REMEDY = {
    "ENOSPC": ("the disk is full", "Free space on this file system and run again."),
    "EDQUOT": ("the disk quota is used up", "Free space or raise the quota and run again."),
    "EROFS": ("the file system is mounted read-only", "Mount it writable, or choose another root."),
    "EACCES": ("permission denied", "Run as the owner of the root (become) or choose a root that this user may write."),
    "EPERM": ("the operation is not permitted", "Run as the owner of the root (become) and look for an immutable flag (lsattr)."),
    "ENOTDIR": ("something that is not a directory stands in the way", "Move it away or choose another root."),
    "EEXIST": ("something else stands in the way", "Move it away or choose another root."),
    "EISDIR": ("a directory stands where a file belongs", "Move it away or choose another root."),
    "ENOENT": ("it does not exist", "Check the path; if another program removes files in the root, stop it; then run again."),
    "ENAMETOOLONG": ("the path is too long", "Choose a shorter root."),
    "ELOOP": ("the path runs through a loop of links", "Remove the loop or choose another root."),
    "EMFILE": ("too many files are open in this process", "Raise the limit (ulimit -n) or lower the number of jobs."),
    "ENFILE": ("too many files are open on this system", "Raise the limit of the system and run again."),
    "EAGAIN": ("the system has no room for it at this moment", "Raise the limit of this user's processes and run again."),
    "ENOMEM": ("the system has no memory left for it", "Free memory and run again."),
    "EIO": ("the device reports an input/output error", "Check the disk and the kernel log."),
    "ETXTBSY": ("the file is being executed", "Stop the process that runs it and run again."),
    "ENOTEMPTY": ("the directory is not empty", "Stop the program that writes there and run again."),
}


_NO_ROOM = {"ENOSPC", "EDQUOT"}


def explain(error: OSError, subject: str) -> BrokenRoot:
    """Return the error as one that says what happened to the subject and what to do about it."""
    what, remedy = _WHAT_AND_REMEDY.get(
        errno.errorcode.get(error.errno or 0, ""), (error.strerror or str(error), "Mend the cause and run again.")
    )
    if getattr(error, "winerror", None) in (32, 33, 1224):
        what, remedy = "another process has the file open", "Stop that process and run again."
    if getattr(error, "winerror", None) == 19:
        what, remedy = (
            "the volume is write-protected",
            "Remove the write protection (attributes volume clear readonly, in diskpart), or choose another root.",
        )
    name = errno.errorcode.get(error.errno or 0, "")
    place = next((text for text in (error.filename, subject) if isinstance(text, str) and os.path.isabs(text)), None)
    if name in _NO_ROOM and place is not None:
        what = f"{what} ({described(Path(place))})"
    mount = mount_of(place) if name == "EROFS" and place is not None else None
    if mount is not None:
        what, remedy = f"{what} ({mount})", mount.write_remedy(instead="choose a place on another file system")
    where = f" ({os.fspath(error.filename)})" if isinstance(error.filename, (str, os.PathLike)) and str(error.filename) != subject else ""
    return (DiskFull if name in _NO_ROOM else BrokenRoot)(f"{subject}: {what}{where}. {remedy}")


def extended(path: Path | str) -> str:
    """Return the path in the form that has no limit of 260 characters on Windows; elsewhere as it is."""
    text = os.fspath(path)
    if not WINDOWS or text.startswith("\\\\?\\"):
        return text
    absolute = os.path.abspath(text)
    return "\\\\?\\UNC\\" + absolute[2:] if absolute.startswith("\\\\") else "\\\\?\\" + absolute


def inside(tree: Path | str) -> Callable[[str], str]:
    """Return a function that gives the path of an entry of a tree, named with '/' between the parts, without a limit of its length."""
    base = f"{extended(tree)}{os.sep}"
    if not WINDOWS:
        return base.__add__
    return lambda path: base + path.replace("/", "\\")


def flush(descriptor: int) -> None:
    """Bring the bytes of an open file to the device itself, on macOS past the cache of the drive too."""
    if sys.platform == "darwin":
        import fcntl

        with contextlib.suppress(OSError):  # not every file system offers it; fsync below is what is left then
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_directory(path: Path) -> None:
    """Make the names in a directory durable; Windows has no such call and does it by itself."""
    if WINDOWS:
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            flush(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise explain(error, str(path)) from error


def sync_file_system(path: Path) -> None:
    """Make everything durable that was written to the file system of the path, in one call instead of one per file.

    Windows does it in sync_trees, for what was written and nothing else.
    """
    if WINDOWS:
        return
    syncfs = _c_function("syncfs") if sys.platform.startswith("linux") else None
    if syncfs is None:
        os.sync()
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if syncfs(descriptor) != 0:
                number = ctypes.get_errno()
                raise OSError(number, os.strerror(number), str(path))
        finally:
            os.close(descriptor)
    except OSError as error:
        raise explain(error, str(path)) from error


def sync_trees(trees: Mapping[Path, Iterable[str]], *, below: Path) -> None:
    """Make trees durable below a directory; each is given with the files that were written into it."""
    if not WINDOWS:
        sync_file_system(below)
        return
    from .windows_volume import flush_files

    try:
        flush_files(inside(tree)(path) for tree, paths in trees.items() for path in paths)
    except OSError as error:
        raise explain(error, str(below)) from error


def write_text(path: Path, text: str, *, mode: int = RECORD_MODE) -> None:
    """Replace the file with this text, atomically and durably; the mode does not depend on the umask."""
    temporary = path.with_name(TEMPORARY + os.urandom(8).hex())
    try:
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0), 0o600
        )
        try:
            with open(descriptor, "wb") as file:
                file.write(text.encode("utf-8", "surrogateescape"))
                file.flush()
                if not WINDOWS:
                    os.fchmod(file.fileno(), mode)
                flush(file.fileno())
            patiently(lambda: os.replace(temporary, path))
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
    except OSError as error:
        raise explain(error, str(path)) from error
    sync_directory(path.parent)


def write_json(path: Path, value: Any, *, mode: int = RECORD_MODE) -> None:
    """Replace the file with this value as one line of JSON; equal values give equal bytes."""
    write_text(path, json.dumps(value, sort_keys=True, separators=(",", ":")) + "\n", mode=mode)


def make_directory(path: Path, *, mode: int = 0o755) -> None:
    """Make the directory and its missing parents, each with this mode whatever the umask; one that exists stays as it is."""
    if os.path.isdir(path):
        return
    try:
        if path.parent != path:
            make_directory(path.parent, mode=mode)
        try:
            # At once with its mode, as far as the umask lets it. On Windows, a mode would be a list of its own instead of the one that is inherited.
            os.mkdir(path, 0o777 if WINDOWS else mode)
        except FileExistsError:
            if os.path.isdir(path):  # another run was faster
                return
            raise
        if not WINDOWS:
            os.chmod(path, mode)
    except OSError as error:
        raise explain(error, str(path)) from error


def exchange(a: Path, b: Path) -> bool:
    """Swap two existing paths in one atomic step; False where the system or the file system cannot."""
    first, second = os.fsencode(a), os.fsencode(b)
    if sys.platform.startswith("linux"):
        rename = _c_function("renameat2")
        number = _RENAMEAT2_NUMBERS.get(os.uname().machine)
        syscall = _c_function("syscall")
        if rename is not None:
            result = rename(_AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
        elif syscall is not None and number is not None:  # older C libraries lack the wrapper, not the kernel the call
            result = syscall(ctypes.c_long(number), _AT_FDCWD, first, _AT_FDCWD, second, _RENAME_EXCHANGE)
        else:
            return False
    elif sys.platform == "darwin":
        swap = _c_function("renamex_np")
        if swap is None:
            return False
        result = swap(first, second, ctypes.c_uint(_RENAME_EXCHANGE))
    else:
        return False
    if result == 0:
        return True
    number = ctypes.get_errno()
    if errno.errorcode.get(number) in _CANNOT_EXCHANGE:
        return False
    raise explain(OSError(number, os.strerror(number), str(a)), f"{a} and {b}")


def patiently(action: Callable[[], None], *, deadline: float | None = None) -> None:
    """Repeat for some seconds what Windows refuses while a scanner or a dying process still has the file open."""
    deadline = time.monotonic() + PATIENCE if deadline is None else deadline
    pause = 0.01
    while True:
        try:
            return action()
        except OSError as error:
            if getattr(error, "winerror", None) not in _SHARING_VIOLATIONS or time.monotonic() + pause > deadline:
                raise
            time.sleep(pause)
            pause = min(pause * 2, 0.5)


def _c_function(name: str) -> Callable[..., int] | None:
    try:
        function: Callable[..., int] = getattr(ctypes.CDLL(None, use_errno=True), name)
    except (AttributeError, OSError, TypeError):
        return None
    return function
