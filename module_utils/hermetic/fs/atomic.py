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

from ..os_errors import explain
from ..paths import BUILDING, WINDOWS, inside
from ..windows import in_use as windows_in_use

RECORD_MODE = 0o644

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_RENAMEAT2_NUMBERS = {"x86_64": 316, "aarch64": 276, "riscv64": 276, "i386": 353, "i686": 353, "armv7l": 382, "ppc64le": 357, "s390x": 347}
_CANNOT_EXCHANGE = {"ENOSYS", "EINVAL", "ENOTSUP", "EOPNOTSUPP", "EXDEV", "EPERM"}
_SHARING_VIOLATIONS = {*windows_in_use.REFUSALS, 145}  # and directory not empty: what a scanner or a handle being closed causes
PATIENCE = 3.0


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
    from ..windows.volume import flush_files

    try:
        flush_files(inside(tree)(path) for tree, paths in trees.items() for path in paths)
    except OSError as error:
        raise explain(error, str(below)) from error


def write_text(path: Path, text: str, *, mode: int = RECORD_MODE) -> None:
    """Replace the file with this text, atomically and durably; the mode does not depend on the umask."""
    temporary = path.with_name(BUILDING + os.urandom(8).hex())
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
