# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a repository has its TUF metadata and targets; pure."""

from __future__ import annotations

import re

METADATA = "metadata"
"""The directory of the metadata, beside the index."""
TOP_LEVEL = ("root", "targets", "snapshot", "timestamp")
TARGETS = "targets"
_ROLE = re.compile(r"[a-z][a-z0-9-]{0,62}")
INDEX_TARGET = "index.json"
IDENTITY = "x-hermetic-repository"
"""A field of every root: what readers remember belongs to the repository, whatever its address and its keys are."""
FLAG = "trust"
"""A field of the index, by which whoever verified its signature learns that there is metadata."""
TUF = "tuf"


def part_of(role: str) -> str:
    """Return the target that a role has its part of the index in."""
    return INDEX_TARGET if role == TARGETS else f"index/{role}.json"


def delegated_name_problem(name: str) -> str | None:
    """Return what is wrong with the name of a role that targets delegates to."""
    if not _ROLE.fullmatch(name) or name in TOP_LEVEL:
        return "expected up to 63 small letters, digits and hyphens, beginning with a letter, and none of " + ", ".join(TOP_LEVEL)
    return None


def versioned(role: str, version: int) -> str:
    """Return the path of one version of a role's metadata."""
    return f"{METADATA}/{version}.{role}.json"


def timestamp_path() -> str:
    """Return the path of the one file of metadata that is replaced."""
    return f"{METADATA}/timestamp.json"


def by_digest(path: str, sha256: str) -> str:
    """Return the path by which clients of consistent snapshots request a target."""
    directory, slash, name = path.rpartition("/")
    return f"{directory}{slash}{sha256}.{name}"
