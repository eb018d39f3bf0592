# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hash many files on all cores, each once however many names it has."""

from __future__ import annotations

import sys
from pathlib import Path

from ..paths import Inode
from .pool import Workers


def hash_inodes(paths: dict[Inode, str], *, count: int) -> dict[Inode, str]:
    """Hash one path of each inode (device, number, size) on all cores; files that cannot be read are left out."""
    # Largest first, dealt out to batches of similar size: the last process to finish is then little later than the first.
    ordered = sorted(paths, key=lambda inode: -inode[2])
    total = sum(inode[2] + 20_000 for inode in ordered)
    if not ordered:
        return {}
    batch_size = max(4 << 20, total // (count * 6))
    batches: list[list[Inode]] = [[]]
    filled = 0
    for inode in ordered:
        if filled >= batch_size:
            batches.append([])
            filled = 0
        batches[-1].append(inode)
        filled += inode[2] + 20_000
    workers = Workers(Path(sys.executable), count=count)
    answers = workers.run([{"task": "hash", "paths": [paths[inode] for inode in batch]} for batch in batches])
    return {
        inode: digest for batch, answer in zip(batches, answers) for inode, digest in zip(batch, answer["digests"]) if digest is not None
    }
