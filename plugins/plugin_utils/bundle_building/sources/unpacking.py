# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking the sources of a bundle, which may be hostile: judged as a whole by the engine's rules, before the first entry is written."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from ....module_utils.hermetic.errors import BrokenArtifact, HermeticError, UnsafeArchive
from ....module_utils.hermetic.unpack.archive import folds_case
from ....module_utils.hermetic.unpack.archive_entries import DIRECTORY, FILE, HARD_LINK, LINK, Entries
from ....module_utils.hermetic.unpack.tar_structure import BoundedTarInfo
from ....module_utils.hermetic.unpack.unpack_budget import UnpackBudget
from ....module_utils.hermetic.unpack.zip_structure import check_entry_count, judge_zip

BLOCK = 1 << 20
_OPENERS: dict[bytes, Callable[[BinaryIO], Any]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}


class _Measured(io.RawIOBase):
    """A stream that is read within a budget."""

    def __init__(self, stream: IO[bytes], budget: UnpackBudget) -> None:
        self._stream = stream
        self._budget = budget
        self._length = 0

    def read(self, size: int = -1) -> bytes:
        block = self._stream.read(size)
        self._length += len(block)
        self._budget.check_stream(self._length)
        return block


def unpack(archive: Path, target: Path, *, unpack_limit: int = 0) -> None:
    """Unpack a tar or zip below ``target``; every bad entry is named, and nothing is written where there is one.

    ``unpack_limit`` is what it may unpack to, in MiB; 0 allows a multiple of its size.
    """
    if not hasattr(tarfile, "data_filter"):
        raise HermeticError(
            "The Python of the controller unpacks archives without a filter for unsafe entries; bundle_build needs 3.11.4, or 3.12 or newer."
        )
    target.mkdir(parents=True, exist_ok=True)
    budget = UnpackBudget(f"The archive {archive.name}", archive_size=archive.stat().st_size, limit_mib=unpack_limit)
    entries = Entries(fold_case=folds_case(target), windows=False)
    try:
        with archive.open("rb") as source:
            if zipfile.is_zipfile(source):
                check_entry_count(source, budget)
                _unpack_zip(source, target, entries, budget, archive.name)
            else:
                _unpack_tar(source, target, entries, budget, archive.name)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError) as error:
        raise BrokenArtifact(f"{archive.name} cannot be unpacked: {str(error) or type(error).__name__}") from error


def _refuse(entries: Entries, archive: str) -> None:
    entries.judge_links()
    if entries.problems:
        raise UnsafeArchive(f"{archive} is not safe to unpack; find out who made it", entries.problems)


def _tar(source: BinaryIO, budget: UnpackBudget, archive: str) -> tarfile.TarFile:
    source.seek(0)
    magic = source.read(6)
    source.seek(0)
    opener = next((opener for start, opener in _OPENERS.items() if magic.startswith(start)), None)
    stream = _Measured(opener(source) if opener else source, budget)
    try:
        return tarfile.open(fileobj=cast("IO[bytes]", stream), mode="r|", bufsize=1 << 16, tarinfo=BoundedTarInfo)
    except tarfile.ReadError as error:
        raise BrokenArtifact(f"{archive} is neither a zip nor a tar (plain, gz, bz2 or xz) archive that this Python reads") from error


def _unpack_tar(source: BinaryIO, target: Path, entries: Entries, budget: UnpackBudget, archive: str) -> None:
    # Twice through the stream, because a link in the last entry decides about the first; the second pass writes what the first admitted.
    with _tar(source, budget, archive) as tar:
        for member in tar:
            budget.take(member.size if member.isreg() else 0)
            _admit(member, entries)
            budget.take_directories(entries.implied)
    _refuse(entries, archive)
    links = []
    with _tar(source, budget, archive) as tar:
        for member in tar:
            if member.issym():
                links.append(member)
            elif member.islnk():
                shutil.copy2(target / member.linkname, _made(target / member.name))
            else:
                _extract(tar, member, target)
        # Links come last, so that no entry could ever have been written through one.
        for link in links:
            _extract(tar, link, target)


def _admit(member: tarfile.TarInfo, entries: Entries) -> None:
    if member.isdir():
        # Some writers list a directory more than once.
        if not entries.is_directory(member.name):
            entries.admit(member.name, DIRECTORY)
    elif member.issym():
        entries.admit(member.name, LINK, member.linkname)
    elif member.islnk():
        entries.admit(member.name, HARD_LINK, member.linkname)
    elif member.isreg() and not member.issparse():
        entries.admit(member.name, FILE)
    else:
        entries.refuse(member.name, "it is neither file, directory nor link")


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> None:
    # The standard library's filter once more, for what it knows; by itself it followed a chain of links until 3.11.13 and 3.12.11.
    try:
        tar.extract(member, target, set_attrs=not member.issym(), filter="data")
    except tarfile.FilterError as error:
        raise UnsafeArchive(f"{member.name!r} must not be unpacked: {error}") from error


def _made(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _unpack_zip(source: BinaryIO, target: Path, entries: Entries, budget: UnpackBudget, archive: str) -> None:
    with zipfile.ZipFile(source) as packed:
        items = packed.infolist()
        entries.problems += judge_zip(items, budget)
        for item in items:
            budget.take_directories(entries.implied)
            kind = (item.external_attr >> 16) & 0o170000
            if kind not in (0, 0o100000, 0o040000):
                entries.refuse(item.orig_filename, "it is a link or a device, which a zip must not hold here")
            elif not item.is_dir():
                entries.admit(item.orig_filename, FILE)
            elif not entries.is_directory(item.orig_filename):
                entries.admit(item.orig_filename, DIRECTORY)
        _refuse(entries, archive)
        for item in items:
            path = target / item.filename
            if item.is_dir():
                path.mkdir(parents=True, exist_ok=True)
                continue
            with packed.open(item) as stream, _made(path).open("xb") as written:
                shutil.copyfileobj(stream, written, BLOCK)
            if path.stat().st_size != item.file_size:
                raise EOFError(f"{item.filename!r} ends too early")
            path.chmod(0o755 if (item.external_attr >> 16) & 0o111 else 0o644)
