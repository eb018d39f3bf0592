# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lay one verified wheel into a directory of its own, and compile it; runs under the interpreter that the byte code is for.

PyPA's ``installer`` reads the wheel and decides what goes where; this file writes, so that every file is hashed, compiled and
given its mode and time in one pass. The directory has four parts, ``site``, ``data``, ``headers`` and ``scripts``, which each
environment maps to its own places.
"""

from __future__ import annotations

import base64
import configparser
import hashlib
import importlib.util
import marshal
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType
from typing import Any, BinaryIO

from .durable import inside
from .entries import is_windows_name
from .errors import BrokenArtifact
from .spelling import spelled_otherwise
from .tree_files import write_file

try:
    from installer import install
    from installer.exceptions import InstallerError
    from installer.records import Hash, InvalidRecordEntry, RecordEntry, parse_record_file
    from installer.sources import WheelFile
except ImportError:  # found by engine_library where a wheel is laid; reading this file needs no installer
    WheelFile = object
    InvalidRecordEntry = InstallerError = ValueError

_PARTS = {"purelib": "site", "platlib": "site", "data": "data", "headers": "headers", "scripts": "scripts"}
_BROKEN = (
    ValueError,
    KeyError,
    AssertionError,
    EOFError,
    NotImplementedError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
    configparser.Error,
    # An entry that is a file for one path and a directory for another.
    FileExistsError,
    NotADirectoryError,
    IsADirectoryError,
)
# Unchecked: the byte code is used without a look at the source, so that running never writes into a read-only tree.
_UNCHECKED_HASH = struct.pack("<I", 0b01)


def byte_code(source: bytes, *, shown_as: str) -> bytes | None:
    """Return the content of the ``.pyc`` of a source, or None when this Python cannot compile it.

    A wheel may hold sources that are no Python of this version (templates, test data): pip, uv and compileall pass over them too.
    """
    try:
        code = compile(source, shown_as, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError, UnicodeDecodeError):
        return None
    return b"".join((importlib.util.MAGIC_NUMBER, _UNCHECKED_HASH, importlib.util.source_hash(source), _same_bytes(code)))


def _same_bytes(code: CodeType) -> bytes:
    """Return the same bytes for the same code, whatever this process compiled before.

    What ``marshal`` writes as a reference depends on which objects are one by chance, and on how many others hold them. So each
    object is made on its own, by way of the format without references, and held once more while it is written.
    """
    try:
        code = marshal.loads(marshal.dumps(code, 2))
    except ValueError:
        # A constant that the old format does not know, as Python 3.14 has them.
        return marshal.dumps(code)
    held = list(_held(code))
    written = marshal.dumps(code)
    del held
    return written


def _held(value: object) -> Iterator[object]:
    yield value
    if isinstance(value, CodeType):
        yield from (value.co_filename, value.co_name, getattr(value, "co_qualname", None))
        for part in (value.co_consts, value.co_names, value.co_varnames, value.co_freevars, value.co_cellvars):
            for each in part:
                yield from _held(each)
    elif isinstance(value, (tuple, frozenset)):
        for each in value:
            yield from _held(each)


def _digest(data: bytes) -> tuple[str, str]:
    digest = hashlib.sha256(data)
    return digest.hexdigest(), base64.urlsafe_b64encode(digest.digest()).decode("ascii").rstrip("=")


class _Wheel(WheelFile):
    """A wheel whose signatures and unrecorded files are no reason to fail: the whole archive has been verified by its digest."""

    def get_contents(self) -> Iterator[Any]:
        records = {record[0]: record for record in parse_record_file(self.read_dist_info("RECORD").splitlines())}
        for item in self._zipfile.infolist():
            # Byte code comes from our own compiler only: what a wheel brings would run unseen by whoever reads its sources.
            parts = item.filename.split("/")
            if item.is_dir() or "__pycache__" in parts or item.filename == f"{self.dist_info_dir}/INSTALLER":
                continue
            if item.filename.startswith(self.data_dir) and (parts[0] != self.data_dir or len(parts) == 1):
                # installer would look for the scheme of such a path without end.
                raise BrokenArtifact(
                    f"The wheel holds the entry {item.filename!r}, which only seems to lie in {self.data_dir}. Use another wheel."
                )
            mode = item.external_attr >> 16
            with self._zipfile.open(item) as stream:
                yield records.get(item.filename, (item.filename, "", "")), stream, bool(stat.S_ISREG(mode) and mode & 0o111)


class _Destination:
    """What ``installer`` calls a destination."""

    def __init__(self, into: Path, *, compiles: bool, up_to_prefix: str) -> None:
        # Strings: joining paths as objects was measured at a tenth of the time of laying.
        self._at = inside(into)
        self._compiles = compiles
        self._up = up_to_prefix
        self._made: set[str] = set()
        self.files: dict[str, list[Any]] = {}
        self.entry_points: list[list[str]] = []

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

    def _write(self, path: str, data: bytes, *, mode: int) -> str:
        parts = path.split("/")
        if ".." in parts or "" in parts or "\\" in path or ":" in path:
            raise BrokenArtifact(
                f"The wheel holds the entry {path!r}, which would lie outside its tree; it was not laid. Use another wheel."
            )
        unfit = next((part for part in parts if os.name == "nt" and not is_windows_name(part)), None)
        if unfit is not None:
            raise BrokenArtifact(
                f"The wheel holds the entry {path!r}, and {unfit!r} is no file name on Windows; it was not laid. Use another wheel."
            )
        if path in self.files:
            raise BrokenArtifact(f"The wheel holds the entry {path!r} twice; it was not laid. Use another wheel.")
        try:
            self._directory(path.rpartition("/")[0])
            write_file(self._at(path), data, mode=mode)
        except FileExistsError:
            twin = spelled_otherwise(path, self.files)
            if twin is None:
                raise
            raise BrokenArtifact(
                f"The wheel holds the entries {twin!r} and {path!r}, and the file system of this host does not tell upper and lower case apart; "
                "it was not laid. Use another wheel, or a root on another file system."
            ) from None
        sha256, record_hash = _digest(data)
        self.files[path] = [mode, len(data), sha256]
        return record_hash

    def write_script(self, name: str, module: str, attr: str, section: Any) -> RecordEntry:
        self.entry_points.append([name, module, attr, section])
        return RecordEntry(name, None, None)

    def write_file(self, scheme: Any, path: Any, stream: BinaryIO, is_executable: bool) -> RecordEntry:
        data = stream.read()
        entry = f"{_PARTS[scheme]}/{path}"
        mode = 0o755 if is_executable or scheme == "scripts" else 0o644
        record_hash = self._write(entry, data, mode=mode)
        if self._compiles and entry.startswith("site/") and entry.endswith(".py"):
            code = byte_code(data, shown_as=str(path))
            if code is not None:
                self._write(str(importlib.util.cache_from_source(entry)).replace(os.sep, "/"), code, mode=0o644)
        return RecordEntry(str(path), Hash("sha256", record_hash), len(data))

    def finalize_installation(self, scheme: Any, record_file_path: Any, records: Iterable[tuple[Any, RecordEntry]]) -> None:
        lines = []
        for entry_scheme, entry in records:
            # Scripts differ from environment to environment, which adds their lines itself.
            if entry_scheme == "scripts" or entry.path == str(record_file_path):
                continue
            if _PARTS[entry_scheme] == "data":
                lines.append(f"{quoted(self._up + entry.path)},{entry.hash_},{entry.size}\n")
            elif _PARTS[entry_scheme] == "site":
                lines.append(f"{quoted(entry.path)},{entry.hash_},{entry.size}\n")
        lines.append(f"{quoted(str(record_file_path))},,\n")
        self._write(f"{_PARTS[scheme]}/{record_file_path}", "".join(sorted(lines)).encode(), mode=0o644)


def quoted(path: str) -> str:
    """Return a path as a field of RECORD, which is a CSV file."""
    return '"' + path.replace('"', '""') + '"' if any(character in path for character in ',"\n') else path


def lay(wheel: Path, into: Path, *, compiles: bool, up_to_prefix: str) -> dict[str, Any]:
    """Lay a wheel into an existing, empty directory and return what a receipt says of it.

    ``up_to_prefix`` leads from site-packages to the environment (``../../../``). Raises BrokenArtifact when it is no usable wheel.
    """
    destination = _Destination(into, compiles=compiles, up_to_prefix=up_to_prefix)
    try:
        with zipfile.ZipFile(wheel) as archive:
            source = _Wheel(archive)
            install(source, destination, {"INSTALLER": b"hermetic.python\n"})
            name, version, dist_info = source.distribution, source.version, source.dist_info_dir
    except BrokenArtifact as error:
        raise BrokenArtifact(f"{wheel.name}: {error.message}", error.problems) from error
    except (*_BROKEN, InstallerError, InvalidRecordEntry) as error:
        # installer's own errors carry the wheel as well, which says nothing to a reader.
        said = error.args[-1] if error.args and isinstance(error.args[-1], str) else error
        raise BrokenArtifact(
            f"The wheel {wheel.name} cannot be laid: {type(error).__name__}: {said}. "
            "Its digest is the declared one, so it was published broken; lock another version or build."
        ) from error
    return {
        "name": name,
        "version": version,
        "dist_info": dist_info,
        "entry_points": sorted(destination.entry_points),
        "files": destination.files,
    }
