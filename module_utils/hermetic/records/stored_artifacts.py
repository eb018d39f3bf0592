# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The artifacts that a root keeps: which are there, what lies among them, and whether they still are what their digests say."""

from __future__ import annotations

import os
import stat
from collections.abc import Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..fs.file_status import status_reader
from ..fs.hashing import hash_files
from ..model.artifact import Artifact
from ..model.layout import Layout
from ..model.prebuilt import archive_filename, tree_of_archive
from ..model.receipts import Records
from ..paths import BUILDING, DISCARDED, Inode, extended
from ..text.grammar import digest_problem, file_name_problem

_UNFINISHED = ".part"


@dataclass(frozen=True)
class Stored:
    """One artifact in the store."""

    sha256: str
    path: Path
    inode: Inode
    suspicious: bool
    """Whether its status alone says that it may have changed: another size, or written to after it got its name."""


@dataclass
class StoredArtifacts:
    """What the directory of artifacts holds."""

    artifacts: list[Stored] = field(default_factory=list)
    strays: list[Path] = field(default_factory=list)
    misspelled: dict[Path, str] = field(default_factory=dict)

    def to_read(self, *, deep: bool) -> dict[Inode, str]:
        """Return the files whose content is to be verified."""
        return {each.inode: extended(each.path) for each in self.artifacts if deep or each.suspicious}

    def changed(self, digests: Mapping[Inode, str]) -> list[tuple[Stored, str | None]]:
        """Return the artifacts that were to be read and are not what their digest says, with the digest that they have."""
        read = [each for each in self.artifacts if each.inode in digests]
        return [(each, digests[each.inode] or None) for each in read if digests[each.inode] != each.sha256]


def find_stored(layout: Layout, records: Records) -> StoredArtifacts:
    """Return what the store holds, without reading any artifact."""
    found, reader = StoredArtifacts(), status_reader(numbers=True)
    known = {receipt.sha256: (receipt.filename, receipt.size) for receipt in records.bundles.values()}
    names = {receipt.wheel: receipt.filename for receipt in records.laid.values()}
    for digest in sorted(reader.names(extended(layout.wheels))) if layout.wheels.is_dir() else ():
        directory = layout.wheels / digest
        if digest.startswith((BUILDING, DISCARDED)):
            continue
        if digest_problem(digest) is not None or directory.is_symlink() or not directory.is_dir():
            lower = digest.lower()
            if lower != digest and digest_problem(lower) is None and os.path.lexists(layout.wheels / lower):
                found.misspelled[directory] = lower
            else:
                found.strays.append(directory)
            continue
        filename, size = known.get(digest, (names.get(digest), None))
        entries = [name for name in sorted(reader.names(extended(directory))) if not name.startswith((BUILDING, DISCARDED))]
        whole = [name for name in entries if not name.endswith(_UNFINISHED)]
        # What no receipt names, an artifact of a build that failed, goes by its own name when it is alone.
        expected = filename if filename is not None else whole[0] if len(whole) == 1 else None
        for name in entries:
            path = directory / name
            status = reader.status(extended(path))
            if not stat.S_ISREG(status.st_mode) or (name in whole and name != expected):
                found.strays.append(path)
            elif name in whole:
                # It got its name when it was complete, which is the last that happened to its directory.
                late = status.st_mtime_ns > os.lstat(directory).st_mtime_ns or status.st_size != (
                    size if size is not None else status.st_size
                )
                found.artifacts.append(Stored(digest, path, reader.inode(extended(path), status), late))
    return found


def read_here(paths: Mapping[Inode, str]) -> dict[Inode, str]:
    """Hash few files in this process; those that cannot be read are left out."""
    return {inode: digest for inode, digest in zip(paths, hash_files(list(paths.values()))) if digest is not None}


def find_artifact(sha256: str, sent: Mapping[str, Artifact], layout: Layout) -> Artifact:
    """Return an artifact as the request describes it, or as the store still has it."""
    if sha256 in sent:
        return sent[sha256]
    directory = layout.wheels / sha256
    stored = sorted(_files(directory)) if directory.is_dir() else []
    if stored:
        return Artifact(sha256=sha256, filename=stored[0], size=None, sources=())
    # Neither sent nor stored: the fetch reports it together with all others that are missing.
    return Artifact(sha256=sha256, filename=f"{sha256[:12]}-unknown", size=None, sources=())


def find_prebuilt(layout: Layout, names: Collection[str] | None = None) -> dict[str, Artifact]:
    """Return the archives of prebuilt wheels that the store has, by the trees that they unpack to; of several for one, the one that came last.

    ``names`` are the digests to look at, all where none are given. Looks at no more than the names of files, which every run can afford.
    """
    found: dict[str, list[str]] = {}
    with os.scandir(layout.wheels) if layout.wheels.is_dir() else nullcontext(()) as entries:
        for entry in entries:
            if (names is not None and entry.name not in names) or digest_problem(entry.name) or not entry.is_dir(follow_symlinks=False):
                continue
            for name in _files(layout.wheels / entry.name):
                tree_id = tree_of_archive(name)
                if tree_id is not None:
                    found.setdefault(tree_id, []).append(entry.name)
    newest = {tree_id: digests[0] if len(digests) == 1 else max(digests, key=partial(_came, layout)) for tree_id, digests in found.items()}
    return {tree_id: Artifact(sha256, archive_filename(tree_id), None, ()) for tree_id, sha256 in newest.items()}


def _came(layout: Layout, sha256: str) -> tuple[int, str]:
    return os.lstat(layout.wheels / sha256).st_mtime_ns, sha256


def _files(directory: Path) -> list[str]:
    """Return the names of what could be an artifact; nothing else that lies there is ever opened."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries if file_name_problem(entry.name) is None and entry.is_file(follow_symlinks=False)]
