# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack one verified wheel into a directory of its own, and compile it; runs under the interpreter that the byte code is for.

Every file is hashed, compiled and given its mode and time in one pass. The directory has four parts, ``site``, ``data``, ``headers``
and ``scripts``, which each environment, and each bundle, maps to its own places. This is the only code that unpacks wheels.
"""

from __future__ import annotations

import hashlib
import os
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BrokenArtifact
from ..model.record_file import INSTALLER, own_record
from ..text.grammar import is_too_long
from .byte_code import LARGEST_SOURCE, byte_code, cache_path, without_byte_code
from .unpack_budget import MIB, UnpackBudget
from .wheel_contents import HostRules, WheelContents, WheelEntry, read_wheel
from .wheel_tree import TOO_LONG, WheelTree
from .zip_structure import check_entry_count

_BROKEN = (ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_BLOCK = MIB


class _Unpacking(WheelTree):
    """A wheel on its way into a directory."""

    def __init__(self, into: Path, archive: zipfile.ZipFile, contents: WheelContents, *, compiles: bool) -> None:
        super().__init__(into)
        self._archive = archive
        self._compiles = compiles
        self.warnings = contents.warnings
        self._uncompiled: list[str] = []

    def add(self, entry: WheelEntry) -> None:
        """Unpack one file, and compile it where it is a source; the same file a second time is compared."""
        if entry.target in self.files:
            self._compare(entry)
            return
        compiles = self._compiles and entry.part == "site" and entry.path.endswith(".py")
        if entry.item.file_size > LARGEST_SOURCE or (not compiles and entry.item.file_size > _BLOCK):
            self.stream(entry.target, self._blocks(entry), mode=entry.mode)
            if compiles:
                self._uncompiled.append(entry.path)
            return
        data = b"".join(self._blocks(entry))
        self.write(entry.target, data, mode=entry.mode)
        if compiles:
            self._compile(entry, data)

    def finish(self) -> None:
        """Say which sources have no byte code."""
        if self._uncompiled:
            self.warnings.append(f"{os.path.basename(str(self._archive.filename))}: {without_byte_code(self._uncompiled)}")

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
        target = cache_path(entry.target)
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
            if not isinstance(error.__cause__, OSError) or error.__cause__.errno not in TOO_LONG:
                raise
            self._uncompiled.append(entry.path)


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
        unpacking.write(f"site/{contents.dist_info}/INSTALLER", INSTALLER, mode=0o644)
        record = f"{contents.dist_info}/RECORD"
        unpacking.write(f"site/{record}", own_record(unpacking.files, record), mode=0o644)
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
