# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prebuilt wheels of the Python that runs the tests, which bundles are made from as well, and requests that name them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.prebuilt import archive_filename
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_making import prebuild_wheel
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_wheel import (
    own_byte_code,
    receipt_parts,
    unpack_prebuilt,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.tar_headers import END, padding, tar_header
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel import unpack_wheel
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.wheel_contents import HostRules
from roots import Declared, Document
from wheelhouse import Wheel

BYTE_CODE = own_byte_code().digest


@dataclass(frozen=True)
class Archive:
    """What is prebuilt of a wheel."""

    wheel: Wheel
    path: Path

    @property
    def sha256(self) -> str:
        """Its digest, as it is now."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def tree_id(self) -> str:
        """The tree that it unpacks to."""
        return f"{self.wheel.sha256[:16]}-{BYTE_CODE[:12]}"


def prebuilt_archive(wheel: Wheel, directory: Path) -> Archive:
    """Unpack, compile and pack a wheel."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / archive_filename(f"{wheel.sha256[:16]}-{BYTE_CODE[:12]}")
    prebuild_wheel(wheel.path, path, sha256=wheel.sha256, windows=False, workplace=directory / "workplace")
    return Archive(wheel, path)


def naming(declared: Declared, archives: Sequence[Archive], *, sources: Mapping[str, Sequence[str]] | None = None) -> Document:
    """Return the parts of a request that name archives; ``sources`` replaces those of artifacts, by their digests."""
    document = declared.document()
    artifacts: dict[str, Any] = declared.artifacts()
    for archive in archives:
        about = {"filename": archive.path.name, "size": archive.path.stat().st_size, "sources": [str(archive.path)]}
        artifacts[archive.sha256] = about
    for sha256, places in (sources or {}).items():
        artifacts[sha256] = {**artifacts[sha256], "sources": list(places)}
    bundles = [{**bundle, "byte_code": BYTE_CODE} for bundle in document["bundles"]]
    return {
        "declaration": {**document, "bundles": bundles},
        "artifacts": artifacts,
        "prebuilt": {archive.tree_id: archive.sha256 for archive in archives},
    }


@dataclass
class Parts:
    """What an archive holds, in the order in which it holds it."""

    manifest: dict[str, Any]
    files: dict[str, bytes]
    headers: dict[str, bytes] = field(default_factory=dict)
    """What stands before a file in place of its header."""
    before_end: bytes = b""
    raw_manifest: bytes | None = None

    def record(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Add or replace a file, and what is said of it."""
        self.files[path] = data
        self.manifest["files"][path] = [mode, len(data), hashlib.sha256(data).hexdigest()]

    def tar(self) -> bytes:
        """Return the archive before it is compressed."""
        content = self.raw_manifest if self.raw_manifest is not None else json.dumps(self.manifest).encode()
        blocks = [tar_header("manifest.json", size=len(content), mode=0o644), content, padding(len(content))]
        for path, data in self.files.items():
            records = self.manifest["files"]
            mode = records[path][0] if isinstance(records, dict) and path in records else 0o644
            mode = mode if isinstance(mode, int) else 0o644
            blocks += [self.headers.get(path) or tar_header(path, size=len(data), mode=mode), data, padding(len(data))]
        return b"".join([*blocks, self.before_end, END])

    def packed(self) -> bytes:
        """Return the archive."""
        return gzip.compress(self.tar(), 6, mtime=0)


def parts_of(archive: Path) -> Parts:
    """Read a true archive."""
    with tarfile.open(archive) as tar:
        content = {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]
    manifest = json.loads(content.pop("manifest.json"))
    return Parts(manifest, content)


@dataclass(frozen=True)
class Outcome:
    """What unpacking a wheel gave: what a receipt says of it, and a digest over paths, modes, times and contents of the tree."""

    said: Mapping[str, Any]
    tree: str


def _outcome(said: Mapping[str, Any], tree: Path) -> Outcome:
    """Describe a tree, which goes."""
    digest = hashlib.sha256()
    for directory, directories, files in os.walk(tree):
        directories.sort()
        for name in sorted(files):
            path = Path(directory, name)
            status = path.stat()
            about = (path.relative_to(tree).as_posix(), status.st_mode, status.st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
            digest.update(repr(about).encode())
        digest.update(repr((os.path.relpath(directory, tree), os.stat(directory).st_mode)).encode())
    shutil.rmtree(tree)
    keys = ("name", "version", "dist_info", "entry_points", "files", "warnings")
    return Outcome({key: said[key] for key in keys}, digest.hexdigest())


def _for_windows(wheel: Wheel) -> bool:
    return wheel.filename.endswith(("win_amd64.whl", "win32.whl"))


def compiled(wheel: Wheel, place: Path) -> Outcome | None:
    """Unpack and compile a wheel by the rules of its hosts; None for one that they refuse."""
    tree = place / wheel.sha256
    tree.mkdir(parents=True)
    try:
        return _outcome(unpack_wheel(wheel.path, tree, compiles=True, rules=HostRules(windows=_for_windows(wheel))), tree)
    except BrokenArtifact:
        return None


def packed(wheel: Wheel, place: Path) -> bool:
    """Prebuild a wheel, and return whether it is one that can be."""
    place.mkdir(parents=True, exist_ok=True)
    try:
        workplace = place / f"{wheel.sha256}-tree"
        prebuild_wheel(wheel.path, place / wheel.sha256, sha256=wheel.sha256, windows=_for_windows(wheel), workplace=workplace)
    except BrokenArtifact:
        return False
    return True


def unpacked(wheel: Wheel, archives: Path, place: Path) -> Outcome:
    """Unpack what is prebuilt of a wheel."""
    tree = place / wheel.sha256
    tree.mkdir(parents=True)
    archive = archives / wheel.sha256
    return _outcome(receipt_parts(unpack_prebuilt(archive, tree, wheel=wheel.sha256, byte_code=BYTE_CODE, filename=wheel.filename)), tree)
