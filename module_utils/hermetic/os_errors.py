# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an error of the operating system means for a path, and what to do about it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from .errors import BrokenRoot, DiskFull
from .free_space import described
from .mounts import mount_of

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
        errno.errorcode.get(error.errno or 0, ""), (error.strerror or str(error), "Remove the cause and run again.")
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
