# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Show a directory as a file system that keeps the case of names and does not tell them apart by it.

python case_folding_server.py DIRECTORY MOUNT_POINT
"""

from __future__ import annotations

import errno
import os
import sys
import time
import unicodedata
from typing import Any

import mfusepy


def folded(name: str) -> str:
    """Return what names have in common that are one and the same there."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class CaseFolding(mfusepy.Operations):
    """Passes every call on to the directory, with each name as it is written there. Files are known by their descriptors."""

    use_ns = True

    def __init__(self, base: str) -> None:
        self.base = base

    def there(self, path: str) -> str:
        """Return where a path lies; its last names may not exist."""
        found = self.base
        for name in [part for part in path.split("/") if part]:
            exact = os.path.join(found, name)
            if not os.path.lexists(exact) and os.path.isdir(found):
                exact = next((os.path.join(found, other) for other in os.listdir(found) if folded(other) == folded(name)), exact)
            found = exact
        return found

    def fresh(self, path: str) -> str:
        """Return where something new goes, whose name is written as it is given."""
        parent, _slash, name = path.rpartition("/")
        return os.path.join(self.there(parent), name)

    # --- names

    def readdir(self, path: str, _handle: int) -> list[tuple[str, dict[str, int], int]]:
        with os.scandir(self.there(path)) as entries:
            found = [(entry.name, entry.stat(follow_symlinks=False)) for entry in entries]
        found += [(name, os.lstat(self.there(path))) for name in (".", "..")]
        return [(name, {"st_ino": status.st_ino, "st_mode": status.st_mode}, 0) for name, status in found]

    def readlink(self, path: str) -> str:
        return os.readlink(self.there(path))

    def mkdir(self, path: str, mode: int) -> None:
        self._refuse_taken(path)
        os.mkdir(self.fresh(path), mode)

    def rmdir(self, path: str) -> None:
        os.rmdir(self.there(path))

    def unlink(self, path: str) -> None:
        os.unlink(self.there(path))

    def symlink(self, path: str, target: str) -> None:
        self._refuse_taken(path)
        os.symlink(target, self.fresh(path))

    def link(self, path: str, source: str) -> None:
        self._refuse_taken(path)
        os.link(self.there(source), self.fresh(path), follow_symlinks=False)

    def rename(self, old: str, new: str) -> None:
        # What is replaced goes at once, whatever its spelling; then the name is written as it was given.
        taken, wanted = self.there(new), self.fresh(new)
        os.rename(self.there(old), taken)
        if taken != wanted:
            os.rename(taken, wanted)

    def _refuse_taken(self, path: str) -> None:
        if os.path.lexists(self.there(path)):
            raise FileExistsError(errno.EEXIST, path)

    # --- facts

    def getattr(self, path: str, _handle: int | None = None) -> dict[str, Any]:
        status = os.lstat(self.there(path))
        told = {name: getattr(status, f"st_{name}_ns") for name in ("atime", "mtime", "ctime")}
        told |= {name: getattr(status, f"st_{name}") for name in ("mode", "ino", "nlink", "uid", "gid", "size", "blocks", "rdev")}
        return {f"st_{name}": value for name, value in told.items()}

    def chmod(self, path: str, mode: int) -> None:
        os.chmod(self.there(path), mode)

    def chown(self, path: str, owner: int, group: int) -> None:
        os.chown(self.there(path), owner, group, follow_symlinks=False)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        os.utime(self.there(path), ns=times or (time.time_ns(),) * 2, follow_symlinks=False)

    def statfs(self, path: str) -> dict[str, int]:
        status = os.statvfs(self.there(path))
        return {name: getattr(status, name) for name in dir(status) if name.startswith("f_") and name != "f_fsid"}

    # --- content

    def open(self, path: str, flags: int) -> int:
        return os.open(self.there(path), flags)

    def create(self, path: str, mode: int, _info: int | None = None) -> int:
        return os.open(self.fresh(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, mode)

    def read(self, _path: str, size: int, offset: int, descriptor: int) -> bytes:
        return os.pread(descriptor, size, offset)

    def write(self, _path: str, data: bytes, offset: int, descriptor: int) -> int:
        return os.pwrite(descriptor, data, offset)

    def truncate(self, path: str, length: int, descriptor: int | None = None) -> None:
        os.truncate(self.there(path) if descriptor is None else descriptor, length)

    def fsync(self, _path: str, _only_data: int, descriptor: int) -> None:
        os.fsync(descriptor)

    def release(self, _path: str, descriptor: int) -> None:
        os.close(descriptor)


class Server(mfusepy.FUSE):
    """Refuses what :class:`CaseFolding` is not told of: an exchange that was carried out as a plain renaming would lose a file."""

    def rename_fuse_3(self, old: bytes, new: bytes, flags: int) -> int:
        if flags:
            raise OSError(errno.EINVAL, "only plain renaming")
        return self.rename_fuse_2(old, new)


def main(directory: str, point: str) -> None:
    """Mount, and answer the kernel until somebody unmounts."""
    os.umask(0)
    # The kernel remembers names exactly: it must ask each time, or another spelling would see what was there before.
    memory = dict.fromkeys(("entry_timeout", "attr_timeout", "negative_timeout"), 0)
    Server(
        CaseFolding(os.path.abspath(directory)), os.path.abspath(point), foreground=True, nothreads=True, use_ino=True,
        default_permissions=True, allow_other=True, **memory,
    )  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
