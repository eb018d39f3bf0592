# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack one verified wheel into a directory of its own, and compile it; runs under the interpreter that the byte code is for.

Every file is hashed, compiled and given its mode and time in one pass. The directory has four parts, ``site``, ``data``, ``headers``
and ``scripts``, which each environment, and each bundle, maps to its own places. This is the only code that unpacks wheels.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BrokenArtifact
from ..fs.tree_files import open_file, write_file
from ..model.manifest import FileRecord
from ..model.record_file import quoted, record_digest
from ..paths import inside
from ..text.grammar import is_too_long
from ..text.letter_case import spelled_otherwise
from .byte_code import LARGEST_SOURCE, byte_code, without_byte_code
from .unpack_budget import MIB, UnpackBudget
from .wheel_contents import HostRules, WheelContents, WheelEntry, read_wheel
from .zip_structure import check_entry_count

_BROKEN = (ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_TOO_LONG = (errno.ENAMETOOLONG,)
_BLOCK = MIB


class _Unpacking:
    """The directory that a wheel is unpacked into."""

    def __init__(self, into: Path, archive: zipfile.ZipFile, contents: WheelContents, *, compiles: bool) -> None:
        # Strings: joining paths as objects was measured at a tenth of the time of unpacking.
        self._at = inside(into)
        self._archive = archive
        self._compiles = compiles
        self._made: set[str] = set()
        self.files: dict[str, FileRecord] = {}
        self.warnings = contents.warnings
        self._uncompiled: list[str] = []

    def add(self, entry: WheelEntry) -> None:
        """Unpack one file, and compile it where it is a source; the same file a second time is compared."""
        if entry.target in self.files:
            self._compare(entry)
            return
        compiles = self._compiles and entry.part == "site" and entry.path.endswith(".py")
        if entry.item.file_size > LARGEST_SOURCE or (not compiles and entry.item.file_size > _BLOCK):
            self._stream(entry)
            if compiles:
                self._uncompiled.append(entry.path)
            return
        data = b"".join(self._blocks(entry))
        self.write(entry.target, data, mode=entry.mode)
        if compiles:
            self._compile(entry, data)

    def write(self, path: str, data: bytes, *, mode: int) -> None:
        """Write a whole file and record it."""
        with self._explained(path):
            self._directory(path.rpartition("/")[0])
            write_file(self._at(path), data, mode=mode)
        self.files[path] = FileRecord(mode, len(data), hashlib.sha256(data).hexdigest())

    def finish(self) -> None:
        """Say which sources have no byte code."""
        if self._uncompiled:
            self.warnings.append(f"{os.path.basename(str(self._archive.filename))}: {without_byte_code(self._uncompiled)}")

    def _stream(self, entry: WheelEntry) -> None:
        digest = hashlib.sha256()
        with self._explained(entry.target):
            self._directory(entry.target.rpartition("/")[0])
            with open_file(self._at(entry.target), mode=entry.mode) as descriptor:
                for block in self._blocks(entry):
                    digest.update(block)
                    view = memoryview(block)
                    while view:
                        view = view[os.write(descriptor, view) :]
        self.files[entry.target] = FileRecord(entry.mode, entry.item.file_size, digest.hexdigest())

    def _blocks(self, entry: WheelEntry) -> Iterator[bytes]:
        left = entry.item.file_size
        with self._archive.open(entry.item) as stream:
            # Also for an empty file: only a read to the end checks the checksum.
            while block := stream.read(min(left + 1, _BLOCK)):
                left -= len(block)
                if left < 0:
                    break
                yield block
        if left:
            raise EOFError(f"{entry.item.filename!r} is not of the size that the archive states, {entry.item.file_size} bytes")

    def _compare(self, entry: WheelEntry) -> None:
        digest = hashlib.sha256()
        for block in self._blocks(entry):
            digest.update(block)
        if digest.hexdigest() != self.files[entry.target].sha256:
            raise BrokenArtifact(
                f"the wheel holds {entry.path!r} twice with different content (the second time as {entry.item.filename!r}), and which of the two is meant "
                "cannot be known. Lock another version or build of it."
            )

    def _compile(self, entry: WheelEntry, data: bytes) -> None:
        target = str(importlib.util.cache_from_source(entry.target)).replace(os.sep, "/")
        if is_too_long(target.rpartition("/")[2], windows=os.name == "nt"):
            self._uncompiled.append(entry.path)
            return
        code = byte_code(data, shown_as=entry.path)
        if code is None:
            return
        try:
            self.write(target, code, mode=0o644)
        except BrokenArtifact as error:
            # A file system with a lower limit than nearly all others; the source is there.
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in _TOO_LONG:
                raise
            self._uncompiled.append(entry.path)

    def _directory(self, path: str) -> None:
        if path in self._made:
            return
        parent = path.rpartition("/")[0]
        if parent:
            self._directory(parent)
        directory = self._at(path)
        os.mkdir(directory)
        if os.name == "posix":
            os.chmod(directory, 0o755)
        self._made.add(path)

    @contextlib.contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileExistsError as error:
            twin = spelled_otherwise(path, self.files)
            if twin is None:
                raise
            raise BrokenArtifact(
                f"The wheel holds the entries {twin!r} and {path!r}, and the file system of this host is case-insensitive; "
                "it was not installed. Use another wheel, or a root on another file system."
            ) from error
        except OSError as error:
            if error.errno not in _TOO_LONG:
                raise
            raise BrokenArtifact(
                f"the entry {path!r} has a longer name than the file system of this host takes. Use another wheel, or a root on another file system."
            ) from error


def _record(files: dict[str, FileRecord], record: str) -> bytes:
    """Return the RECORD of what goes into site-packages; an environment adds the rest, whose places differ from system to system."""
    lines = [f"{quoted(record)},,\n"]
    for path, file in files.items():
        part, _slash, rest = path.partition("/")
        if part == "site" and "/__pycache__/" not in path:
            lines.append(f"{quoted(rest)},{record_digest(file.sha256)},{file.size}\n")
    return "".join(sorted(lines)).encode()


def unpack_wheel(wheel: Path, into: Path, *, compiles: bool, unpack_limit: int = 0, rules: HostRules | None = None) -> dict[str, Any]:
    """Unpack a wheel into an existing, empty directory and return what a receipt says of it, and warnings.

    ``rules`` are those of the host that it is for, of this one where none are given. Raises BrokenArtifact when it is no usable wheel,
    and UnsafeArchive when it unpacks to more than it may.
    """
    try:
        with open(wheel, "rb") as source:
            budget = UnpackBudget(f"The wheel {wheel.name}", archive_size=os.fstat(source.fileno()).st_size, limit_mib=unpack_limit)
            check_entry_count(source, budget)
            with zipfile.ZipFile(source) as archive:
                contents = read_wheel(archive, wheel.name, rules=rules or HostRules(windows=os.name == "nt"), budget=budget)
                unpacking = _Unpacking(into, archive, contents, compiles=compiles)
                for entry in contents.entries:
                    unpacking.add(entry)
        unpacking.write(f"site/{contents.dist_info}/INSTALLER", b"hermetic.python\n", mode=0o644)
        record = f"{contents.dist_info}/RECORD"
        unpacking.write(f"site/{record}", _record(unpacking.files, record), mode=0o644)
        unpacking.finish()
    except BrokenArtifact as error:
        if wheel.name in error.message:
            raise
        raise BrokenArtifact(f"{wheel.name}: {error.message}", error.problems) from error
    except (*_BROKEN, FileExistsError, NotADirectoryError, IsADirectoryError) as error:
        raise BrokenArtifact(
            f"The wheel {wheel.name} cannot be installed: {type(error).__name__}: {error}. "
            "Its digest is the declared one, so it was published broken; lock another version or build."
        ) from error
    return {
        "name": contents.name,
        "version": contents.version,
        "dist_info": contents.dist_info,
        "entry_points": contents.entry_points,
        "files": unpacking.files,
        "warnings": contents.warnings,
    }
