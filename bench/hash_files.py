# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plainest way to hash many files on all cores with Python: those of the trees that are named, or else a list on standard input.

A program of its own, run by the interpreter that also runs the engine; it is what deep verification is held against.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sys
from collections.abc import Iterator


def sha256_of(path: bytes) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def files_of(tree: bytes, seen: set[tuple[int, int]]) -> Iterator[bytes]:
    """Return one path of each inode below a directory; ``seen`` holds the inodes of trees before."""
    device = os.lstat(tree).st_dev
    waiting = [tree]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False) and (device, entry.inode()) not in seen:
                    seen.add((device, entry.inode()))
                    yield entry.path


def main() -> None:
    """Hash every file, the largest first, so that no core waits for one at the end."""
    seen: set[tuple[int, int]] = set()
    trees = list(map(os.fsencode, sys.argv[1:]))
    paths = [path for tree in trees for path in files_of(tree, seen)] if trees else sys.stdin.buffer.read().split(b"\0")[:-1]
    paths.sort(key=lambda path: -os.path.getsize(path))
    with multiprocessing.get_context("fork").Pool(len(os.sched_getaffinity(0))) as pool:
        count = sum(1 for _ in pool.imap_unordered(sha256_of, paths, chunksize=32))
    print(f"hashed={count}")


if __name__ == "__main__":
    main()
