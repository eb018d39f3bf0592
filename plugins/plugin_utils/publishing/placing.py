# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copying a file into a repository directory."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...module_utils.hermetic.errors import BrokenArtifact
from ..net.local_file import replacing
from .change import Placement
from .durable import make_durable


def place(directory: Path, placement: Placement) -> None:
    """Copy a file into a repository, readable by a web server and complete before it has its name."""
    target = directory / placement.path
    made = target.parent
    while not made.exists():
        made = made.parent
    target.parent.mkdir(parents=True, exist_ok=True)
    above = target.parent
    while above != made:
        above.chmod(0o755)
        above = above.parent
    with replacing(target, mode=0o644, durable=True) as stream, open(placement.source, "rb") as source:
        digest = hashlib.sha256()
        while block := source.read(1 << 20):
            digest.update(block)
            stream.write(block)
        if (found := digest.hexdigest()) != placement.sha256:
            raise BrokenArtifact(
                f"{placement.source} changed while it was published: SHA-256 {found}, expected {placement.sha256}; try again"
            )
    make_durable(target.parent)
