# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the files of many trees confirmed on all cores, and further files hashed with them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..fs.confirmation import Owner, confirm_files
from ..fs.hashing import hash_files
from ..model.manifest import FileRecord
from ..paths import Inode
from .background import BackgroundWork
from .forks import MOST_JOBS, Forks, can_fork
from .inode_hashing import EACH_FILE, batch_size, hash_jobs, hashed
from .pool import Workers

# A process takes its time to start: as long as these.
_FEW_FILES, _FEW_BYTES = 256, 4 << 20


@dataclass(frozen=True)
class RecordedFiles:
    """Files of one tree and what was recorded of them; ``base`` is the path of the tree, with a slash at its end."""

    base: str
    device: int
    owner: Owner
    files: Mapping[str, FileRecord]


class Confirmation:
    """Begins at once, in other processes, to read the files of trees, and further files."""

    def __init__(self, trees: Sequence[RecordedFiles], further: Mapping[Inode, str], *, count: int) -> None:
        self._trees = trees
        sizes = [record.size for tree in trees for record in tree.files.values()]
        self._batches = list(_batches(trees, batch_size(sum(sizes) + len(sizes) * EACH_FILE, count=count)))
        self._inodes, hashing = hash_jobs(further, count=count)
        sizes += [inode[2] for inode in further]
        jobs = [*({"task": "confirm", "batch": batch} for batch in self._batches), *hashing]
        self._answers = self._begin(jobs, few=len(sizes) <= _FEW_FILES and sum(sizes) <= _FEW_BYTES, count=count)

    def _begin(self, jobs: Sequence[Mapping[str, Any]], *, few: bool, count: int) -> Callable[[], list[Any]]:
        if few:
            return lambda: [self._done(job) for job in jobs]
        if len(jobs) <= MOST_JOBS and can_fork():
            return Forks(lambda number: self._done(jobs[number]), len(jobs), count=count).answers
        return BackgroundWork(lambda: self._by_workers(jobs, count)).result

    def _done(self, job: Mapping[str, Any]) -> Any:
        """Do a job in this process."""
        if job["task"] == "hash":
            return hash_files(job["paths"])
        return [confirm_files(**tree) for tree in self._described(job["batch"])]

    def _by_workers(self, jobs: Sequence[Mapping[str, Any]], count: int) -> list[Any]:
        described = [{"task": "confirm", "trees": self._described(job["batch"])} if job["task"] == "confirm" else dict(job) for job in jobs]
        answers = Workers(Path(sys.executable), count=count).run(described)
        return [answer["confirmed" if job["task"] == "confirm" else "digests"] for job, answer in zip(jobs, answers)]

    def _described(self, batch: Mapping[int, Sequence[str]]) -> list[dict[str, Any]]:
        trees = ((self._trees[number], paths) for number, paths in batch.items())
        return [
            {"base": tree.base, "device": tree.device, "owner": tree.owner, "files": [(path, *tree.files[path]) for path in paths]}
            for tree, paths in trees
        ]

    def result(self) -> tuple[list[list[int]], dict[Inode, str]]:
        """Return for each tree the inode numbers of its files in their order, 0 for one that is not as recorded, and the further digests."""
        answers = self._answers()
        found: list[dict[str, int]] = [{} for _tree in self._trees]
        for batch, answer in zip(self._batches, answers):
            for (number, paths), numbers in zip(batch.items(), answer):
                found[number].update(zip(paths, numbers))
        numbers = [[each.get(path, 0) for path in tree.files] for each, tree in zip(found, self._trees)]
        return numbers, hashed(self._inodes, answers[len(self._batches) :])


def _batches(trees: Sequence[RecordedFiles], size: int) -> Iterator[dict[int, list[str]]]:
    """Yield paths by the number of their tree: those of large files first, so that no process has one left at the end, then tree by tree."""
    every = [(number, path, record.size) for number, tree in enumerate(trees) for path, record in tree.files.items()]
    large = sorted((each for each in every if each[2] >= size // 4), key=lambda each: -each[2])
    batch: dict[int, list[str]] = {}
    filled = 0
    for number, path, length in [*large, *(each for each in every if each[2] < size // 4)]:
        if filled >= size:
            yield batch
            batch, filled = {}, 0
        batch.setdefault(number, []).append(path)
        filled += length + EACH_FILE
    if batch:
        yield batch
