# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An artifact: an archive or a wheel, known by its digest alone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Artifact:
    """A file known by its digest, and where it may be fetched, best source first."""

    sha256: str
    filename: str
    size: int | None
    sources: tuple[str, ...]
    unpacked: int | None = None
    """Bytes that it unpacks to, where the repository knows."""
    members: tuple[int, ...] = ()
    """Where in an archive the members of gzip begin that it consists of, where the repository knows. What unpacks it does not rely on that."""
