# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift by hand: quick against a plain walk, deep against hashing the same files on all cores."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import documents
from .command import Command
from .comparison import Comparison
from .contest import constant, hold
from .ingredients import Ingredients, interpreter_of
from .workspace import PROJECT

SIZES = (1, 20)
# What the other side does beside reading is another thing for one environment than for many.
AIMS = {(1, "Python processes, walk and hash"): 1.25, (20, "find + sha256sum processes"): 1.1}
_WALK = "find \"$@\" -printf '%y %m %s %U %G %T@ %l %p\\n' | tail -n 1"
_FIND_SUM = """
processes=$1; shift
find "$@" -type f -printf '%D:%i %p\\0' | sort -z -u -t ' ' -k 1,1 | cut -z -d ' ' -f 2- | xargs -0 -n 128 -P "$processes" sha256sum | tail -n 1
"""
_FIND_SUM_ALL = 'processes=$1; shift; find "$@" -type f -print0 | xargs -0 -n 128 -P "$processes" sha256sum | tail -n 1'


def compare(made: Ingredients, roots: Mapping[int, Path], *, rounds: int | None) -> Iterator[Comparison]:
    """Verify roots with 1 and with 20 environments."""
    for size in SIZES:
        yield from _compare(made, roots[size], size, rounds=rounds or 7)


def _compare(made: Ingredients, root: Path, size: int, *, rounds: int) -> Iterator[Comparison]:
    trees = [root / "bundles", root / "laid", root / "environments"]
    files = _each_inode_once(trees)
    listed = made.space.base / f"files-{size}"
    listed.write_bytes(b"\0".join(os.fsencode(path) for path in files) + b"\0")
    cores = str(len(os.sched_getaffinity(0)))
    plural = "s" if size > 1 else ""
    quick = f"quick verification, {size} environment{plural}"
    took = hold(
        quick,
        [constant("drift, quick", _drift(made, root, "quick")), constant("find -printf", made.script(_WALK, *trees, shows="."))],
        rounds=rounds,
        tell=made.tell,
    )
    yield Comparison(quick, took["drift, quick"], took["find -printf"])
    deep = f"deep verification, {size} environment{plural} ({len(files)} inodes)"
    hasher = (interpreter_of(root), "-I", PROJECT / "bench" / "hash_files.py")
    hashed = f"hashed={len(files)}\\b"
    contenders = [
        constant("drift, deep", _drift(made, root, "deep")),
        constant("Python processes, walk and hash", made.command(*hasher, *trees, shows=hashed)),
        constant("find + sha256sum processes", made.script(_FIND_SUM, cores, *trees, shows="[0-9a-f]{64}")),
        constant("Python processes, list given", made.command(*hasher, stdin=listed, shows=hashed)),
        constant("sha256sum of every path", made.script(_FIND_SUM_ALL, cores, *trees, shows="[0-9a-f]{64}"), at_most=3),
    ]
    took = hold(deep, contenders, rounds=rounds, tell=made.tell)
    ours, *others = took.values()
    # The first two do the same work: see which files there are, and read each inode once. The third is told, the last reads all paths.
    for other in others:
        yield Comparison(deep, ours, other, aim=AIMS.get((size, other.name)))


def _drift(made: Ingredients, root: Path, verify: str) -> Command:
    # Findings would make it end with 2: a clean host is what is measured.
    return made.by_hand(
        interpreter_of(root),
        f"drift-{root.name}-{verify}",
        documents.drift_request(root, verify=verify),
        shows='"findings": \\[\\]',
        sent=verify == "deep",
    )


def _each_inode_once(trees: list[Path]) -> list[Path]:
    found: dict[tuple[int, int], Path] = {}
    for tree in trees:
        for directory, _directories, names in os.walk(tree):
            for name in names:
                path = Path(directory, name)
                if not path.is_symlink():
                    status = path.stat()
                    found.setdefault((status.st_dev, status.st_ino), path)
    return list(found.values())
