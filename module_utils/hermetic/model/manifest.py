# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree shall hold: every directory, file and link, by its path relative to the tree with '/' between the parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from posixpath import dirname
from typing import Any, NamedTuple

DIRECTORY_MODE = 0o755


class FileRecord(NamedTuple):
    """One file of a tree; in a receipt it is the list of these three."""

    mode: int
    size: int
    sha256: str


# Receipts hold tens of thousands: without the class's own constructor, which is Python code, reading them was measured twice as fast.
_file_record = partial(tuple.__new__, FileRecord)


def file_records(files: Mapping[str, list[Any]]) -> dict[str, FileRecord]:
    """Return the files of a receipt, whose records the caller has judged."""
    return dict(zip(files, map(_file_record, files.values())))


@dataclass
class Manifest:
    """The content of one tree."""

    directories: set[str] = field(default_factory=set)
    files: dict[str, FileRecord] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)

    def add_file(self, path: str, *, mode: int, size: int, sha256: str) -> None:
        """Add a file and the directories above it."""
        self.files[path] = FileRecord(mode, size, sha256)
        self.add_parents(path)

    def add_parents(self, path: str) -> None:
        """Add the directories above a path."""
        parent = dirname(path)
        while parent and parent not in self.directories:
            self.directories.add(parent)
            parent = dirname(parent)

    def children(self) -> dict[str, set[str]]:
        """Return the names that each directory holds; the tree itself is the empty string."""
        names: dict[str, set[str]] = {"": set()}
        for directory in self.directories:
            names.setdefault(directory, set())
        for paths in (self.directories, self.files, self.links):
            for path in paths:
                parent, _unused, name = path.rpartition("/")
                names.setdefault(parent, set()).add(name)
        return names


def from_bundle_files(files: Mapping[str, Mapping[str, Any]], also: Iterable[tuple[str, FileRecord]] = ()) -> Manifest:
    """Read the ``files`` of a bundle.json; ``also`` adds what it cannot list, which is itself."""
    manifest = Manifest()
    for path, entry in files.items():
        if entry["type"] == "directory":
            manifest.directories.add(path)
        elif entry["type"] == "link":
            manifest.links[path] = entry["target"]
        else:
            manifest.files[path] = FileRecord(int(entry["mode"], 8), entry["size"], entry["sha256"])
        manifest.add_parents(path)
    for path, record in also:
        manifest.files[path] = record
    return manifest
