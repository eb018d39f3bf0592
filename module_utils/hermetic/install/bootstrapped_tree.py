# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take the tree that the host's shell unpacked from the same archive, by hard links, so that a first bundle is unpacked once."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ..fs.hashing import feed
from ..model.layout import BOOTSTRAP
from ..process.crew import Crew

_BLOCK = 1 << 20
_TOGETHER = 2 << 20


def is_usable(tree: Path, root: Path) -> bool:
    """Return whether a tree lies where the shell unpacks one for an installation: directly in the root, so that nobody else may change it."""
    return tree.name == "tree" and tree.parent.name.startswith(BOOTSTRAP) and tree.parent.parent == root


def linked(tree: Path, into: Path, *, jobs: int = 0) -> dict[str, tuple[int, str]]:
    """Give an empty directory all that a tree holds, and return size and SHA-256 of each regular file; raises OSError where that fails.

    The files are those of the tree, so nothing is written. The caller holds the outcome against the manifest, as for an archive.
    """
    directories: list[tuple[str, int]] = []
    portions: list[list[str]] = [[]]
    size = 0
    waiting = [""]
    while waiting:
        parent = waiting.pop()
        with os.scandir(tree / parent) as entries:
            for entry in entries:
                path = f"{parent}/{entry.name}" if parent else entry.name
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode):
                    os.mkdir(into / path, 0o755)
                    directories.append((path, found.st_mtime_ns))
                    waiting.append(path)
                elif stat.S_ISLNK(found.st_mode):
                    os.symlink(os.readlink(entry.path), into / path)
                    os.utime(into / path, ns=(found.st_mtime_ns, found.st_mtime_ns), follow_symlinks=False)
                else:
                    portions[-1].append(path)
                    size += found.st_size
                    if size > _TOGETHER:
                        portions.append([])
                        size = 0
    files: dict[str, tuple[int, str]] = {}
    with Crew(jobs) as crew:
        for task in [crew.submit(partial(_link_all, portion, str(tree), str(into))) for portion in portions]:
            files.update(task.result())
    for path, mtime in reversed(directories):
        os.chmod(into / path, 0o755)
        os.utime(into / path, ns=(mtime, mtime))
    return files


def _link_all(paths: Sequence[str], tree: str, into: str) -> dict[str, tuple[int, str]]:
    buffer = memoryview(bytearray(_BLOCK))
    return {path: _link(f"{tree}/{path}", f"{into}/{path}", buffer) for path in paths}


def _link(source: str, target: str, buffer: memoryview) -> tuple[int, str]:
    """Link a file, and hash what was linked."""
    os.link(source, target, follow_symlinks=False)
    digest = hashlib.sha256()
    # Anything else than a regular file must neither be waited for nor followed.
    descriptor = os.open(target, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb", buffering=0) as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{source} is no regular file")
        return feed(digest, stream, buffer), digest.hexdigest()
