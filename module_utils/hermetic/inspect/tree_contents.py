# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contents of trees under inspection: each file hashed once, however many trees share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..paths import Inode
from ..process.background import BackgroundWork
from ..process.inode_hashing import hash_inodes
from ..process.subprocess_environment import core_count
from ..records.stored_artifacts import read_here
from .tree import Inspection

# A worker takes 0.05 s to start; an environment has some twenty files of its own.
_FEW = 200


class Contents:
    """Begins at once, in other processes, to read the files of the trees that it is given."""

    def __init__(self, trees: Iterable[Inspection], known: Mapping[Inode, str], further: Mapping[Inode, str], *, jobs: int) -> None:
        """Begin; ``known`` are digests of files that were read before, ``further`` are more files to read."""
        self._jobs = jobs
        self._found = dict(known)
        self._streams: dict[Inode, list[str]] = {}
        paths = dict(further)
        for tree in trees:
            paths.update(tree.unread({**self._found, **paths}))
        self._reading: BackgroundWork[dict[Inode, str]] | None = BackgroundWork(lambda: self._hash(paths))

    def digests(self) -> dict[Inode, str]:
        """Wait for what was begun, and return the digests of all files that were read; those that cannot be read have none."""
        if self._reading is not None:
            self._found.update(self._reading.result())
            self._reading = None
        return self._found

    def compare(self, tree: Inspection) -> None:
        """Have a tree report every file whose content differs, and forget its files."""
        digests = self.digests()
        digests.update(self._hash(tree.unread(digests)))
        tree.contents(digests)
        tree.streams(self._streams)
        tree.forget_files()

    def _hash(self, paths: Mapping[Inode, str]) -> dict[Inode, str]:
        return read_here(paths) if len(paths) <= _FEW else hash_inodes(paths, count=core_count(self._jobs))
