# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file carries beside its mode and owner that changes who may do what with it: capabilities, POSIX ACLs, immutable flags."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
import struct
import sys
from typing import Any

from ..paths import extended

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_LINUX = sys.platform.startswith("linux")
# Others differ between hosts for good reasons (SELinux and Smack labels, IMA signatures, what a file system notes for itself) or change nobody's rights.
_ATTRIBUTES = {
    "security.capability": "file capabilities",
    "system.posix_acl_access": "an access control list",
    "system.posix_acl_default": "a default access control list",
}
# linux/fs.h: FS_IOC_GETFLAGS and FS_IOC_SETFLAGS, which carry the size of a long.
_SIZE = struct.calcsize("l")
_GET_FLAGS, _SET_FLAGS = 0x80006601 | _SIZE << 16, 0x40006602 | _SIZE << 16
_LINUX_FLAGS = {0x10: "immutable", 0x20: "append-only"}
_ANY_LINUX_FLAG = sum(_LINUX_FLAGS)
# sys/stat.h of macOS and the BSDs: those of the owner and those of the superuser.
_BSD_FLAGS = {0x2 | 0x20000: "immutable", 0x4 | 0x40000: "append-only"}
_WINDOWS_ATTRIBUTES = 0x1 | 0x2 | 0x4
_HAS_NONE = {errno.ENOTTY, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS}

Known = dict[tuple[int, int], list[str]]


def carried(path: str, status: Any, known: Known) -> list[str]:
    """Return in words what a regular file or directory carries; one that has several names is asked once (``known``)."""
    if stat.S_ISLNK(status.st_mode):
        return []
    if not _LINUX:
        return [word for bits, word in _BSD_FLAGS.items() if getattr(status, "st_flags", 0) & bits]
    inode = (status.st_dev, status.st_ino)
    if inode not in known:
        known[inode] = [*(f"{_ATTRIBUTES[name]} ({name})" for name in _attributes(path)), *_flags(path, status)]
    return known[inode]


def carries(descriptor: int, status: Any) -> bool:
    """Return whether an open file or directory carries anything that ``carried`` would name."""
    if not _LINUX:
        return any(getattr(status, "st_flags", 0) & bits for bits in _BSD_FLAGS)
    try:
        names = os.listxattr(descriptor)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        names = []
    return not _ATTRIBUTES.keys().isdisjoint(names) or bool(_read_flags(descriptor) & _ANY_LINUX_FLAG)


def release(path: str, *, directory: int | None = None) -> bool:
    """Clear the flags that keep the owner from changing or removing a file or directory; return whether there were any.

    ``directory`` is an open directory that the path is relative to. What a flag is not cleared for, is not there, or is neither file
    nor directory counts as nothing cleared: the caller's own attempt says what is wrong.
    """
    with contextlib.suppress(OSError):
        if _LINUX:
            return _release_on_linux(path, directory)
        if os.name == "nt":
            return _release_on_windows(path)
        if hasattr(os, "chflags"):
            return _release_on_bsd(path, directory)
    return False


def clear(path: str) -> None:
    """Take away everything that ``carried`` names, and the attributes read-only, hidden and system on Windows; raises OSError."""
    release(path)
    if _LINUX:
        for name in _attributes(path):
            os.removexattr(path, name, follow_symlinks=False)


def _attributes(path: str) -> list[str]:
    try:
        return sorted(name for name in os.listxattr(path, follow_symlinks=False) if name in _ATTRIBUTES)  # type: ignore[attr-defined, unused-ignore]
    except OSError:
        return []


def _flags(path: str, status: Any) -> list[str]:
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return []
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return []
    try:
        flags = _read_flags(descriptor)
    finally:
        os.close(descriptor)
    return [word for bit, word in _LINUX_FLAGS.items() if flags & bit]


def _read_flags(descriptor: int) -> int:
    # The kernel takes the size for that of a long and fills in 32 bits.
    buffer = bytearray(_SIZE)
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, buffer)
    except OSError as error:
        if error.errno in _HAS_NONE:
            return 0
        raise
    return int.from_bytes(buffer[:4], sys.byteorder)


def _release_on_linux(path: str, directory: int | None) -> bool:
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        kind = os.fstat(descriptor).st_mode
        if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
            return False
        flags = _read_flags(descriptor)
        kept = flags & ~_ANY_LINUX_FLAG
        if kept == flags:
            return False
        fcntl.ioctl(descriptor, _SET_FLAGS, kept.to_bytes(4, sys.byteorder).ljust(_SIZE, b"\0"))
        return True
    finally:
        os.close(descriptor)


def _release_on_bsd(path: str, directory: int | None) -> bool:
    found = os.stat(path, dir_fd=directory, follow_symlinks=False)
    flags = getattr(found, "st_flags", 0)
    kept = flags & ~sum(_BSD_FLAGS)
    if kept == flags or directory is not None:  # there is no call that changes flags relative to an open directory
        return False
    os.chflags(path, kept, follow_symlinks=False)  # type: ignore[attr-defined, unused-ignore]
    return True


def _release_on_windows(path: str) -> bool:
    from ..windows.api import kernel32, last_error

    name = extended(path)
    attributes = getattr(os.lstat(name), "st_file_attributes", 0)
    if not attributes & _WINDOWS_ATTRIBUTES:
        return False
    import ctypes

    # Normal means none at all, and may only stand alone.
    if not kernel32().SetFileAttributesW(ctypes.c_wchar_p(name), ctypes.c_uint32(attributes & 0x20 or 0x80)):
        raise last_error()
    return True
