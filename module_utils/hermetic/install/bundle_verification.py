# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an unpacked archive is the bundle that was declared, and what its own manifest says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BrokenArtifact
from ..fs.record_files import read_json
from ..inspect.tree import Inspection
from ..inspect.tree_status import file_owner
from ..model.bundle_json import FORMAT, bundle_problems
from ..model.confinement import CONFINED, missing_landmarks
from ..model.declaration import Bundle
from ..model.manifest import FileRecord, Manifest
from ..text.grammar import shown


def bundle_info(tree: Path, written: Mapping[str, tuple[int, str]], bundle: Bundle) -> tuple[dict[str, Any], FileRecord]:
    """Return ``bundle.json`` and its own record (mode, size, SHA-256); raises BrokenArtifact where it is that of no such bundle."""
    path = tree / "bundle.json"
    subject = f"The archive of the bundle '{bundle.name}' {bundle.release} ({bundle.sha256[:12]})"
    if "bundle.json" not in written:
        raise BrokenArtifact(
            f"{subject} holds no bundle.json; expected an archive made by bundle_build. Publish one and declare its release."
        )
    try:
        info = read_json(path)
    except ValueError as error:
        raise BrokenArtifact(f"{subject} holds a bundle.json that cannot be read ({error}). Build it again.") from error
    if isinstance(info, dict) and info.get("format", FORMAT) != FORMAT:
        raise BrokenArtifact(
            f"{subject} has format {shown(info['format'])}; this engine reads {FORMAT}. Use the hermetic.python release that made it."
        )
    problems = bundle_problems(info)
    if problems:
        raise BrokenArtifact(f"{subject} holds a bundle.json that cannot be read. Build it again.", problems)
    if (info["name"], info["release"]) != (bundle.name, bundle.release):
        raise BrokenArtifact(
            f"{subject} is the bundle '{info['name']}' {info['release']}. Declare it by that name and release, or publish the right archive."
        )
    size, sha256 = written["bundle.json"]
    return info, FileRecord(0o644, size, sha256)


def verify_unpacked(tree: Path, manifest: Manifest, written: Mapping[str, tuple[int, str]], *, subject: str) -> None:
    """Hold what was unpacked against the manifest; raises BrokenArtifact with every difference."""
    inspection = Inspection(tree, manifest, owner=file_owner())
    inspection.all_by_stat({}, list_all=True)
    problems = [
        f"{difference.path}: {difference.kind}, expected {difference.expected or 'nothing'}, found {difference.actual or 'nothing'}"
        for difference in inspection.differences
    ]
    problems += [
        f"{path}: its content is not the one of the manifest"
        for path, record in manifest.files.items()
        if path in written and written[path][1] != record.sha256
    ]
    if problems:
        raise BrokenArtifact(f"{subject} is not what its own manifest says; nothing was installed. Build and publish it again.", problems)


def check_confined(info: Mapping[str, Any], *, subject: str) -> None:
    """Raise BrokenArtifact for a bundle that says its interpreter looks for its parts in its own tree only, and lacks what that takes."""
    lacking = missing_landmarks(info) if info.get(CONFINED) else []
    if lacking:
        raise BrokenArtifact(
            f"{subject} says that its interpreter looks for its parts in its own tree only, and lacks what that takes; nothing was installed. "
            "Build it again.",
            lacking,
        )


def check_byte_code(bundle: Bundle, found: str, *, subject: str) -> None:
    """Raise BrokenArtifact for a bundle that reads other byte code than it is declared with: wheels were selected by that."""
    if bundle.byte_code is not None and bundle.byte_code != found:
        raise BrokenArtifact(
            f"{subject} is declared with the byte code {bundle.byte_code[:12]}, and its Python reads {found[:12]}; nothing was installed. "
            "Publish it again with the module repository, so that the index says what the archive holds."
        )
