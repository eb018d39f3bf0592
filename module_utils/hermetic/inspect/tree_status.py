# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a receipt records of a finished tree beside its manifest: whose it is, and the times of its directories."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..fs.file_status import status_reader
from ..model.manifest import Manifest
from ..model.receipts import TreeOwner
from ..paths import extended, inside
from ..windows import acl as windows_acl

POSIX = os.name == "posix"


def file_owner() -> TreeOwner | None:
    """Return user and group that files made by this process belong to; None where the system has no such numbers."""
    return [os.geteuid(), os.getegid()] if POSIX else None


def owner_of(path: Path) -> TreeOwner | None:
    """Return user and group of what is at a path; None where the system has no such numbers.

    Not everywhere are they those of the process that made it: macOS takes the group of the directory above, and a file server may
    turn root into nobody, or know one owner for all.
    """
    if not POSIX:
        return None
    found = os.lstat(path)
    return [found.st_uid, found.st_gid]


def tree_owner(tree: Path, files: Iterable[str]) -> TreeOwner | None:
    """Return what a finished tree's entries have in common: user and group, or on Windows owner and access list of directories and files."""
    if POSIX:
        return owner_of(tree)
    descriptors = windows_acl.Descriptors()
    sample = next(iter(files), None)
    of_file = descriptors.of(inside(tree)(sample)) if sample is not None else ""
    return [descriptors.of(extended(tree)), of_file]


def directory_times(tree: Path, manifest: Manifest) -> dict[str, list[int]]:
    """Return the time stamps of every directory of a finished tree.

    A directory whose stamps are unchanged holds the same names for the same files, so that a quick inspection need not list it.
    """
    times = {}
    at, reader = inside(tree), status_reader()
    for path in ["", *sorted(manifest.directories)]:
        found = reader.status(at(path) if path else extended(tree))
        times[path] = [found.st_mtime_ns, found.st_ctime_ns]
    return times
