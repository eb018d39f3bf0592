# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An artifact: an archive or a wheel, known by its digest alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .grammar import file_name_problem
from .layout import Layout


@dataclass(frozen=True)
class Artifact:
    """A file known by its digest, and where it may be had, best source first."""

    sha256: str
    filename: str
    size: int | None
    sources: tuple[str, ...]
    unpacked: int | None = None
    """Bytes that it unpacks to, where the repository knows."""


def find_artifact(sha256: str, sent: Mapping[str, Artifact], layout: Layout) -> Artifact:
    """Return an artifact as the request describes it, or as the store still has it."""
    if sha256 in sent:
        return sent[sha256]
    directory = layout.wheels / sha256
    stored = sorted(_files(directory)) if directory.is_dir() else []
    if stored:
        return Artifact(sha256=sha256, filename=stored[0], size=None, sources=())
    # Neither sent nor stored: the fetch reports it together with all others that cannot be had.
    return Artifact(sha256=sha256, filename=f"{sha256[:12]}-unknown", size=None, sources=())


def _files(directory: Path) -> list[str]:
    """Return the names of what could be an artifact; nothing else that lies there is ever opened."""
    with os.scandir(directory) as entries:
        return [entry.name for entry in entries if file_name_problem(entry.name) is None and entry.is_file(follow_symlinks=False)]
