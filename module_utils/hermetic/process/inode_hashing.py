# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hash many files on all cores, each once however many names it has."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..paths import Inode
from .pool import Workers

# What opening a file costs, as the bytes that are hashed in that time.
EACH_FILE = 20_000
_SMALLEST_BATCH = 4 << 20


def batch_size(total: int, *, count: int) -> int:
    """Return how much to give a worker at a time: the last process to finish is then little later than the first."""
    return max(_SMALLEST_BATCH, total // (count * 6))


def hash_jobs(paths: Mapping[Inode, str], *, count: int) -> tuple[list[list[Inode]], list[dict[str, Any]]]:
    """Return batches of inodes, the largest first, and the job of each."""
    ordered = sorted(paths, key=lambda inode: -inode[2])
    size = batch_size(sum(inode[2] + EACH_FILE for inode in ordered), count=count)
    batches: list[list[Inode]] = []
    filled = size
    for inode in ordered:
        if filled >= size:
            batches.append([])
            filled = 0
        batches[-1].append(inode)
        filled += inode[2] + EACH_FILE
    return batches, [{"task": "hash", "paths": [paths[inode] for inode in batch]} for batch in batches]


def hashed(batches: Sequence[Sequence[Inode]], digests: Iterable[Sequence[str | None]]) -> dict[Inode, str]:
    """Return the digests that the batches were answered with; files that cannot be read are left out."""
    return {inode: digest for batch, answer in zip(batches, digests) for inode, digest in zip(batch, answer) if digest is not None}


def hash_inodes(paths: Mapping[Inode, str], *, count: int) -> dict[Inode, str]:
    """Hash one path of each inode (device, number, size) on all cores; files that cannot be read are left out."""
    if not paths:
        return {}
    batches, jobs = hash_jobs(paths, count=count)
    answers = Workers(Path(sys.executable), count=count).run(jobs)
    return hashed(batches, (answer["digests"] for answer in answers))
