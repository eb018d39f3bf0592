# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the archive of a bundle, hashing each file while it is written, and write nothing outside its tree."""

from __future__ import annotations

import calendar
import contextlib
import os
import stat
import tarfile
import threading
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import IO, BinaryIO

from ..errors import BrokenArtifact, BrokenRoot
from ..fetching.arrival import Arrival
from ..os_errors import explain
from ..paths import BUILDING
from ..process.crew import Crew
from .archive_entries import FILE
from .archive_source import ArchiveSource, ArrivingArchive, StoredArchive
from .block_stream import BlockStream
from .gzip_members import BLOCK, gunzipped, side_by_side
from .read_ahead import ReadAhead
from .tar_structure import BoundedTarInfo
from .tree_writing import NewFile, TreeWriting
from .unpack_budget import UnpackBudget
from .write_behind import WriteBehind
from .zip_structure import check_entry_count, judge_zip

_TAR_BLOCK = 512
_LATEST_MTIME = 1 << 33
_CORRUPT = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, ValueError, OverflowError, NotImplementedError, RuntimeError)


def unpack(
    archive: Path, into: Path, *, unpack_limit: int = 0, members: Sequence[int] = (), jobs: int = 0, arrival: Arrival | None = None
) -> dict[str, tuple[int, str]]:
    """Unpack a .tar.gz, .tar or .zip, distinguished by content, and return size and SHA-256 of each regular file.

    Modes become 0755 or 0644 whatever the archive and the umask say; times are the archive's; the owner is the caller.
    UnsafeArchive names all bad entries; nothing is written from the first of them on. It is raised as soon as the archive turns out to
    unpack to more than its size allows, or ``unpack_limit`` (MiB) where that is given. Whatever happens, the caller removes
    ``into``, which must be an empty directory. Nothing is flushed to the disk: sync_trees does that.

    ``members`` says where the members of a .tar.gz begin, to decompress them side by side; ``jobs`` threads do the work, one for each
    core by default. With ``arrival``, the archive is read while it is being fetched.
    """
    try:
        if next(os.scandir(into), None) is not None:
            raise BrokenRoot(
                f"{into}: found something in the directory that is to be unpacked into; it must be empty. Remove it and run again."
            )
        tree = TreeWriting(into, fold_case=folds_case(into))
    except OSError as error:
        raise explain(error, str(into)) from error
    with contextlib.ExitStack() as opened:
        source: StoredArchive | ArrivingArchive
        if arrival is not None:
            source = ArrivingArchive(arrival)
        else:
            try:
                source = StoredArchive(opened.enter_context(open(archive, "rb", buffering=0)))
            except OSError as error:
                raise explain(error, str(archive)) from error
        budget = UnpackBudget(f"The archive {archive}", archive_size=source.size, limit_mib=unpack_limit)
        try:
            with Crew(jobs) as crew:
                _unpack(source, tree, budget, crew, members)
        except _CORRUPT as error:
            raise BrokenArtifact(
                f"{archive}: truncated or corrupt: {str(error) or type(error).__name__}. Remove it and fetch it again; if that does not help, publish it again."
            ) from error
        except OSError as error:
            raise explain(error, str(archive)) from error
    tree.finish(archive)
    return tree.files


def _unpack(source: StoredArchive | ArrivingArchive, tree: TreeWriting, budget: UnpackBudget, crew: Crew, members: Sequence[int]) -> None:
    magic = source.read(_TAR_BLOCK)
    source.seek(0)
    if magic.startswith((b"PK\x03\x04", b"PK\x05\x06")) and isinstance(source, StoredArchive):
        check_entry_count(source.file, budget)
        _unpack_zip(source.file, tree, budget, WriteBehind(tree, crew))
    elif magic.startswith(b"\x1f\x8b"):
        with _blocks_of_gzip(source, members, crew) as blocks:
            _unpack_tar(BlockStream(blocks, budget), tree, budget, WriteBehind(tree, crew))
    elif magic[257:262] == b"ustar":
        with ReadAhead(iter(partial(source.read, BLOCK), b"")) as ahead:
            _unpack_tar(BlockStream(iter(ahead), budget), tree, budget, WriteBehind(tree, crew))
    else:
        raise ValueError("it is neither a .tar.gz nor a .tar nor a .zip")


@contextlib.contextmanager
def _blocks_of_gzip(source: ArchiveSource, members: Sequence[int], crew: Crew) -> Iterator[Iterator[bytes]]:
    if len(members) > 1:
        with contextlib.closing(side_by_side(source, members, crew)) as blocks:  # type: ignore[type-var]
            yield blocks
    else:
        with ReadAhead(gunzipped(source.read)) as ahead:
            yield iter(ahead)


def _unpack_tar(stream: BlockStream, tree: TreeWriting, budget: UnpackBudget, behind: WriteBehind) -> None:
    tar = tarfile.TarFile(fileobj=stream, tarinfo=BoundedTarInfo)  # type: ignore[arg-type]
    while (entry := tar.next()) is not None:
        budget.take(entry.size if entry.isreg() else 0)
        budget.take_directories(tree.entries.implied)
        mtime = _nanoseconds(entry.mtime)
        if entry.isdir():
            tree.directory(entry.name, mtime)
        elif entry.issym():
            tree.link(entry.name, entry.linkname, mtime)
        elif entry.type in (tarfile.REGTYPE, tarfile.AREGTYPE) and not entry.issparse():
            file = tree.file(entry.name, entry.size, bool(entry.mode & 0o111), mtime)
            if file is not None:
                behind.write(file, stream.pieces(entry.size))
        else:
            tree.entries.refuse(entry.name, f"it is {_tar_kind(entry)}, neither file, directory nor symbolic link")
        stream.skip_to(tar.offset)
    end = tar.offset
    behind.finish()
    stream.drain()
    # tarfile takes a damaged header for the end of the archive; the end is where nothing but zeros follow.
    if stream.end_of_data > end:
        raise ValueError(f"the entry at byte {end} has a damaged header")
    if stream.length < end + _TAR_BLOCK:
        raise EOFError("the end of the archive is missing")


def _tar_kind(entry: tarfile.TarInfo) -> str:
    names = {
        tarfile.LNKTYPE: "a hard link",
        tarfile.CHRTYPE: "a character device",
        tarfile.BLKTYPE: "a block device",
        tarfile.FIFOTYPE: "a fifo",
    }
    return names.get(entry.type, "a sparse file" if entry.issparse() else f"of the unknown type {entry.type!r}")


def _unpack_zip(source: BinaryIO, tree: TreeWriting, budget: UnpackBudget, behind: WriteBehind) -> None:
    guard = threading.Lock()
    with zipfile.ZipFile(source) as container:

        def content(file: NewFile, entry: zipfile.ZipInfo) -> None:
            # Reading is for several threads at once, opening and closing is not: ZipFile counts what is open.
            with guard:
                stream = container.open(entry)
            try:
                tree.write(file, _read(stream, entry.file_size))
            finally:
                with guard:
                    stream.close()

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
                file = tree.file(name, entry.file_size, bool(mode & 0o111), mtime)
                if file is not None:
                    behind.add(partial(content, file, entry), entry.file_size)
        behind.finish()


def _read(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield no more than this size, whatever comes."""
    while size:
        block = stream.read(min(size, BLOCK))
        if not block:
            return
        size -= len(block)
        yield block


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
