# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that an index names, and what they are as targets of TUF; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from tuf.api.metadata import TargetFile

from ..repository.prebuilt_artifact import PREBUILT
from ..repository.published_file import FILES
from ..trust.layout import by_digest, part_of


def listed_files(index: Mapping[str, Any]) -> list[tuple[str, int, str, dict[str, Any] | None]]:
    """Return path, size and digest of each file, and of an archive what the index says of it."""
    archives = [
        (entry["path"], entry["size"], entry["sha256"], entry)
        for bundle in index["bundles"].values()
        for release in bundle["releases"].values()
        for entry in release["platforms"].values()
    ]
    wheels = [(wheel["path"], wheel["size"], sha256, None) for sha256, wheel in index["wheels"].items()]
    prebuilt = [
        (entry["path"], entry["size"], entry["sha256"], None)
        for archives_of in index.get(PREBUILT, {}).values()
        for entry in archives_of.values()
        # In check mode there is nothing yet behind what is planned.
        if entry
    ]
    files = [(entry["path"], entry["size"], entry["sha256"], None) for entry in (index.get(FILES) or {}).values()]
    return [*archives, *wheels, *prebuilt, *files]


def targets_of(part: Mapping[str, Any], content: bytes, *, role: str) -> dict[str, TargetFile]:
    """Return the targets of a role: its part of the index, whose bytes are given, and all that the part names."""
    name = part_of(role)
    found = {name: TargetFile(len(content), {"sha256": hashlib.sha256(content).hexdigest()}, name)}
    # In check mode, the size of a wheel may be unknown.
    found |= {path: TargetFile(size or 0, {"sha256": sha256}, path) for path, size, sha256, _unused in listed_files(part)}
    return found


def names_of(index: Mapping[str, Any], paths: Collection[str]) -> list[str]:
    """Return the names that an index gives its files of those paths: each has one more, by which clients of consistent snapshots request it."""
    return [name for path, _size, sha256, _unused in listed_files(index) if path in paths for name in (path, by_digest(path, sha256))]
