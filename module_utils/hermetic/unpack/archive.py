# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the archive of a bundle, hashing each file while it is written, and write nothing outside its tree."""

from __future__ import annotations

import calendar
import hashlib
import os
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, Callable

from ..errors import BrokenArtifact, BrokenRoot, UnsafeArchive
from ..os_errors import explain
from ..paths import BUILDING, WINDOWS, extended
from ..windows import status as windows_status
from .archive_entries import DIRECTORY, FILE, LINK, Entries
from .read_ahead import BLOCK, ReadAhead
from .tar_structure import BoundedTarInfo
from .unpack_budget import UnpackBudget
from .zip_structure import check_entry_count, judge_zip

_TAR_BLOCK = 512
# The stream of tarfile copies what is left of its buffer at every read: with 1 MiB that took half of the time of unpacking.
_STREAM_BUFFER = 1 << 16
_LATEST_MTIME = 1 << 33
_CORRUPT = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, NotImplementedError, RuntimeError)


def unpack(archive: Path, into: Path, *, unpack_limit: int = 0) -> dict[str, tuple[int, str]]:
    """Unpack a .tar.gz, .tar or .zip, distinguished by content, and return size and SHA-256 of each regular file.

    Modes become 0755 or 0644 whatever the archive and the umask say; times are the archive's; the owner is the caller.
    UnsafeArchive names all bad entries; nothing is written from the first of them on. It is raised as soon as the archive turns out to
    unpack to more than its size allows, or ``unpack_limit`` (MiB) where that is given. Whatever happens, the caller removes
    ``into``, which must be an empty directory. Nothing is flushed to the disk: sync_trees does that.
    """
    try:
        if next(os.scandir(into), None) is not None:
            raise BrokenRoot(
                f"{into}: found something in the directory that is to be unpacked into; it must be empty. Remove it and run again."
            )
        tree = _Tree(into)
    except OSError as error:
        raise explain(error, str(into)) from error
    try:
        source = open(archive, "rb", buffering=0)  # noqa: SIM115 - closed below
    except OSError as error:
        raise explain(error, str(archive)) from error
    with source:
        budget = UnpackBudget(f"The archive {archive}", archive_size=os.fstat(source.fileno()).st_size, limit_mib=unpack_limit)
        magic = source.read(_TAR_BLOCK)
        source.seek(0)
        try:
            if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")):
                check_entry_count(source, budget)
                _unpack_zip(source, tree, budget)
            elif magic.startswith(b"\x1f\x8b"):
                with ReadAhead(source, gunzip=True, budget=budget) as ahead:
                    _unpack_tar(ahead, tree, budget)
            elif magic[257:262] == b"ustar":
                with ReadAhead(source, gunzip=False, budget=budget) as ahead:
                    _unpack_tar(ahead, tree, budget)
            else:
                raise ValueError("it is neither a .tar.gz nor a .tar nor a .zip")
        except _CORRUPT as error:
            raise BrokenArtifact(
                f"{archive}: truncated or corrupt: {str(error) or type(error).__name__}. Remove it and fetch it again; if that does not help, publish it again."
            ) from error
        except OSError as error:
            raise explain(error, str(archive)) from error
    tree.finish(archive)
    return tree.files


class _Tree:
    """The directory that an archive is unpacked into: judges, then writes."""

    def __init__(self, root: Path) -> None:
        self.files: dict[str, tuple[int, str]] = {}
        self.entries = Entries(fold_case=folds_case(root), windows=WINDOWS)
        self._root = extended(root)
        self._made = {""}
        self._times: dict[str, int] = {}

    def directory(self, name: str, mtime: int) -> None:
        clean = self.entries.admit(name, DIRECTORY)
        if clean and not self.entries.problems:
            self._make(clean)
            self._times[clean] = mtime

    def link(self, name: str, target: str, mtime: int) -> None:
        clean = self.entries.admit(name, LINK, target)
        if clean and not self.entries.problems:
            self._times[clean] = mtime

    def file(self, name: str, size: int, executable: bool, mtime: int, read: Callable[[int], bytes]) -> None:
        clean = self.entries.admit(name, FILE)
        if not clean or self.entries.problems:
            return
        parent = clean.rpartition("/")[0]
        if parent not in self._made:
            self._make(parent)
        digest = hashlib.sha256()
        path = self._path(clean)
        try:
            flags = (
                os.O_WRONLY
                | os.O_CREAT
                | os.O_EXCL
                | getattr(os, "O_NOFOLLOW", 0)
                | getattr(os, "O_BINARY", 0)
                | getattr(os, "O_CLOEXEC", 0)
            )
            descriptor = os.open(path, flags, 0o600)
        except OSError as error:
            raise explain(error, path) from error
        try:
            left = size
            while left:
                block = read(min(left, BLOCK))
                if not block:
                    raise EOFError(f"{name!r} ends {left} bytes too early")
                digest.update(block)
                _write(descriptor, block, path)
                left -= len(block)
            if WINDOWS:
                windows_status.set_times(descriptor, mtime)
            else:
                os.fchmod(descriptor, 0o755 if executable else 0o644)
                os.utime(descriptor, ns=(mtime, mtime))
        finally:
            os.close(descriptor)
        self.files[clean] = (size, digest.hexdigest())

    def finish(self, archive: Path) -> None:
        """Refuse the archive if anything in it was bad; else make the links, and set the modes and times of directories."""
        self.entries.judge_links()
        if self.entries.problems:
            raise UnsafeArchive(
                f"{archive}: {len(self.entries.problems)} entries must not be unpacked. Do not use this archive; build it again and find out who made it.",
                self.entries.problems,
            )
        try:
            # Links come last, so that no entry could ever have been written through one.
            for name, target in self.entries.links.items():
                parent = name.rpartition("/")[0]
                self._make(parent)
                os.symlink(target, self._path(name))
                if os.utime in os.supports_follow_symlinks:
                    os.utime(self._path(name), ns=(self._times[name],) * 2, follow_symlinks=False)
            for name in sorted(self._made - {""}, reverse=True):
                path = self._path(name)
                if not WINDOWS:
                    os.chmod(path, 0o755)
                if name in self._times:
                    os.utime(path, ns=(self._times[name],) * 2)
        except OSError as error:
            raise explain(error, self._root) from error

    def _make(self, name: str) -> None:
        if name in self._made:
            return
        self._make(name.rpartition("/")[0])
        path = self._path(name)
        try:
            os.mkdir(path, 0o777 if WINDOWS else 0o700)
        except OSError as error:
            raise explain(error, path) from error
        self._made.add(name)

    def _path(self, name: str) -> str:
        return self._root + os.sep + (name.replace("/", "\\") if WINDOWS else name)


def _unpack_tar(ahead: ReadAhead, tree: _Tree, budget: UnpackBudget) -> None:
    with tarfile.open(fileobj=ahead, mode="r|", bufsize=_STREAM_BUFFER, tarinfo=BoundedTarInfo) as tar:  # type: ignore[call-overload]
        for entry in tar:
            budget.take(entry.size if entry.isreg() else 0)
            budget.take_directories(tree.entries.implied)
            mtime = _nanoseconds(entry.mtime)
            if entry.isdir():
                tree.directory(entry.name, mtime)
            elif entry.issym():
                tree.link(entry.name, entry.linkname, mtime)
            elif entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not entry.issparse():
                content = tar.extractfile(entry)
                if content is None:
                    raise AssertionError("content is set by now")
                tree.file(entry.name, entry.size, bool(entry.mode & 0o111), mtime, content.read)
            else:
                tree.entries.refuse(entry.name, f"it is {_tar_kind(entry)}, neither file, directory nor symbolic link")
        end = tar.offset
    ahead.drain()
    # tarfile takes a damaged header for the end of the archive; the end is where nothing but zeros follow.
    if ahead.end_of_data > end:
        raise ValueError(f"the entry at byte {end} has a damaged header")
    if ahead.length < end + _TAR_BLOCK:
        raise EOFError("the end of the archive is missing")


def _tar_kind(entry: tarfile.TarInfo) -> str:
    names = {
        tarfile.LNKTYPE: "a hard link",
        tarfile.CHRTYPE: "a character device",
        tarfile.BLKTYPE: "a block device",
        tarfile.FIFOTYPE: "a fifo",
    }
    return names.get(entry.type, "a sparse file" if entry.issparse() else f"of the unknown type {entry.type!r}")


def _unpack_zip(source: BinaryIO, tree: _Tree, budget: UnpackBudget) -> None:
    with zipfile.ZipFile(source) as container:
        tree.entries.problems += judge_zip(container.infolist(), budget)
        for entry in container.infolist():
            budget.take_directories(tree.entries.implied)
            mode = entry.external_attr >> 16
            kind = stat.S_IFMT(mode) if entry.create_system == 3 else 0
            name = entry.orig_filename
            mtime = _nanoseconds(calendar.timegm((*entry.date_time, 0, 0, 0)))
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR) or (kind == stat.S_IFDIR) > name.endswith("/"):
                tree.entries.refuse(name, "it is a link or a device, which a zip must not hold here")
            elif name.endswith("/"):
                tree.directory(name, mtime)
            elif tree.entries.problems:
                tree.entries.admit(name, FILE)
            else:
                with container.open(entry) as content:
                    tree.file(name, entry.file_size, bool(mode & 0o111), mtime, content.read)


def _write(descriptor: int, block: bytes, path: str) -> None:
    rest = memoryview(block)
    try:
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    except OSError as error:
        raise explain(error, path) from error


def _nanoseconds(seconds: float) -> int:
    return int(min(max(seconds, 0), _LATEST_MTIME)) * 1_000_000_000


def folds_case(directory: Path) -> bool:
    """Try it: the answer belongs to the file system, not to the operating system."""
    probe = directory / f"{BUILDING}Case"
    probe.touch()
    try:
        return (directory / f"{BUILDING}CASE").exists()
    finally:
        probe.unlink()
