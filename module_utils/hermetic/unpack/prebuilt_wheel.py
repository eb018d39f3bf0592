# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the archive of a prebuilt wheel: the tree that unpacking and compiling the wheel itself gives, or nothing.

Runs under the interpreter that the byte code is for. The archive says of itself which files follow, in their order; so each header is
compared with the only one that its file can have, and every file with its digest. What can be computed from the rest is computed, and
byte code has to name the source that lies beside it. What only the wheel itself could show, other sources than it holds, the archive
is trusted with: its digest comes from the index of the repository, as that of a bundle does.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import BrokenArtifact
from ..model.byte_code import ByteCode
from ..model.prebuilt import LARGEST_MANIFEST, MANIFEST, Prebuilt, parse_prebuilt
from ..model.record_file import INSTALLER, own_record
from .byte_code import LARGEST_SOURCE, cache_path, fingerprint_of, source_fingerprint
from .entry_points import parse_entry_points
from .inflated import Inflated
from .tar_headers import BLOCK, END, content_size, padding, tar_header
from .unpack_budget import MIB, UnpackBudget
from .wheel_tree import WheelTree

_LIES = (ValueError, EOFError, OverflowError, zlib.error, FileExistsError, NotADirectoryError, IsADirectoryError)
_COMPILED = (".pyc", ".pyo")


def own_byte_code() -> ByteCode:
    """Return the byte code of the Python that runs this."""
    return ByteCode(sys.implementation.cache_tag or "", importlib.util.MAGIC_NUMBER.hex(), by_engine=True)


def unpack_prebuilt(
    archive: Path, into: Path, *, wheel: str, byte_code: str, filename: str | None = None, unpack_limit: int = 0
) -> Prebuilt:
    """Unpack into an existing, empty directory, and return what a receipt says of it, and warnings.

    ``wheel`` and ``byte_code`` are the digests of what it has to be, ``filename`` is that of the wheel where it is known. Raises
    BrokenArtifact when it is anything else, and UnsafeArchive when it unpacks to more than it may.
    """
    own = own_byte_code()
    if own.digest != byte_code:
        raise BrokenArtifact(f"{archive.name}: this Python reads the byte code {own.digest[:12]}, and {byte_code[:12]} is asked for")
    try:
        with open(archive, "rb", buffering=0) as source:
            budget = UnpackBudget(
                f"The prebuilt wheel {archive.name}", archive_size=os.fstat(source.fileno()).st_size, limit_mib=unpack_limit
            )
            stream = Inflated(source)
            prebuilt = _described(stream, wheel, filename, own)
            _charge(prebuilt, budget)
            tree = _Unpacking(into, prebuilt)
            for path in prebuilt.files:
                tree.add(path, stream)
            if stream.take(len(END)) != END:
                raise ValueError("more entries follow than it lists")
            stream.end()
        tree.finish()
    except BrokenArtifact as error:
        raise BrokenArtifact(f"The prebuilt wheel {archive.name} is not what it should be: {error.message}", error.problems) from error
    except _LIES as error:
        found = str(error) if isinstance(error, (ValueError, EOFError)) else f"{type(error).__name__}: {error}"
        raise BrokenArtifact(f"The prebuilt wheel {archive.name} is not what it should be: {found}") from error
    return prebuilt


def _described(stream: Inflated, wheel: str, filename: str | None, byte_code: ByteCode) -> Prebuilt:
    header = stream.take(BLOCK)
    size = content_size(header)
    if header != tar_header(MANIFEST, size=size, mode=0o644):
        raise ValueError(f"it does not begin with {MANIFEST}")
    if size > LARGEST_MANIFEST:
        raise ValueError(f"its {MANIFEST} has {size} bytes; {LARGEST_MANIFEST} is the most that is read")
    content = bytes(stream.take(size))
    _skip_padding(stream, size, MANIFEST)
    return parse_prebuilt(content, wheel=wheel, filename=filename, byte_code=byte_code)


def _charge(prebuilt: Prebuilt, budget: UnpackBudget) -> None:
    """Spend what all files and directories take, before one of them is written."""
    budget.take(*(record.size for record in prebuilt.files.values()))
    directories: set[str] = set()
    for path in prebuilt.files:
        while (path := path.rpartition("/")[0]) and path not in directories:
            directories.add(path)
            budget.take_directories(len(directories))


def _skip_padding(stream: Inflated, size: int, path: str) -> None:
    zeros = padding(size)
    if stream.take(len(zeros)) != zeros:
        raise ValueError(f"something follows {path!r} in its last block")


class _Unpacking(WheelTree):
    """A prebuilt wheel on its way into a directory."""

    def __init__(self, into: Path, prebuilt: Prebuilt) -> None:
        super().__init__(into)
        self._prebuilt = prebuilt
        self._info = f"site/{prebuilt.dist_info}"
        self._source_of = {cache_path(path): path for path in prebuilt.files if path.startswith("site/") and path.endswith(".py")}
        self._compiled = set(self._source_of.values()) & {self._source_of.get(path) for path in prebuilt.files}
        self._expected: dict[str, bytes] = {}
        self._found: dict[str, bytes] = {}
        self._entry_points: list[list[str]] = []

    def add(self, path: str, stream: Inflated) -> None:
        """Unpack the next file, which has to be this one."""
        record = self._prebuilt.files[path]
        expected = tar_header(path, size=record.size, mode=record.mode)
        if stream.take(len(expected)) != expected:
            raise ValueError(f"the next entry is not {path!r}, as its {MANIFEST} says, with {record.size} bytes and mode {record.mode:o}")
        byte_code = self._is_byte_code(path)
        if record.size > LARGEST_SOURCE or (record.size > MIB and path not in self._compiled):
            if path in self._compiled:
                raise ValueError(f"{path!r} has byte code, and is too large to be compiled")
            self.stream(path, self._checked(_blocks(stream, record.size), path, byte_code), mode=record.mode)
        else:
            data = stream.take(record.size)
            if byte_code:
                self._note_byte_code(path, data)
            elif path in self._compiled:
                self._found[path] = source_fingerprint(data)
            elif path == f"{self._info}/entry_points.txt":
                self._entry_points = parse_entry_points(bytes(data).decode("utf-8").removeprefix("\ufeff"))[0]
            self.write(path, data, mode=record.mode)
        _skip_padding(stream, record.size, path)
        if self.files[path].sha256 != record.sha256:
            raise ValueError(f"{path!r} has SHA-256 {self.files[path].sha256}; its {MANIFEST} says {record.sha256}")

    def finish(self) -> None:
        """Hold what was unpacked against all that follows from it."""
        for source in self._compiled:
            if self._expected.get(source) != self._found.get(source):
                raise ValueError(f"the byte code of {source!r} was compiled from another source")
        if self._entry_points != self._prebuilt.entry_points:
            raise ValueError(f"its {MANIFEST} names other commands than {self._info}/entry_points.txt")
        record = f"{self._prebuilt.dist_info}/RECORD"
        listed = {path: each for path, each in self.files.items() if path != f"site/{record}"}
        for path, content in (("INSTALLER", INSTALLER), ("RECORD", own_record(listed, record))):
            if self.files[f"{self._info}/{path}"].sha256 != hashlib.sha256(content).hexdigest():
                raise ValueError(f"{self._info}/{path} is not what whoever unpacks a wheel writes")

    def _is_byte_code(self, path: str) -> bool:
        """Return whether a file is byte code that a Python would run in place of a source; raises where it has no source."""
        if not path.endswith(_COMPILED) or "__pycache__" not in path.split("/"):
            return False
        if path not in self._source_of or self._prebuilt.files[path].mode != 0o644:
            raise ValueError(f"{path!r} is the byte code of none of its sources")
        return True

    def _note_byte_code(self, path: str, head: bytes | memoryview) -> None:
        claimed = fingerprint_of(head)
        if claimed is None:
            raise ValueError(f"{path!r} is not byte code of this Python that is used without looking at its source")
        self._expected[self._source_of[path]] = claimed

    def _checked(self, blocks: Iterator[memoryview], path: str, byte_code: bool) -> Iterator[memoryview]:
        for number, block in enumerate(blocks):
            if byte_code and not number:
                self._note_byte_code(path, block)
            yield block


def _blocks(stream: Inflated, size: int) -> Iterator[memoryview]:
    while size:
        block = stream.take(min(size, MIB))
        size -= len(block)
        yield block


def receipt_parts(prebuilt: Prebuilt) -> Mapping[str, Any]:
    """Return the answer of a worker: the same as that for an unpacked wheel."""
    return {
        "name": prebuilt.name,
        "version": prebuilt.version,
        "dist_info": prebuilt.dist_info,
        "entry_points": prebuilt.entry_points,
        "files": prebuilt.files,
        "warnings": prebuilt.warnings,
        "filename": prebuilt.filename,
        "python": prebuilt.python,
    }
