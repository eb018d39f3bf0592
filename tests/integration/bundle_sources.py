# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sources that bundles are built from, and packages to put into them."""

from __future__ import annotations

import hashlib
import tarfile
from pathlib import Path

from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import ArchiveSource, Wheel
from wheelhouse import make_sample_wheels


def packed(prefix: Path, target: Path) -> ArchiveSource:
    """Return a tree as the source that it is when it is packed."""
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        archive.add(prefix, arcname=prefix.name)
    return ArchiveSource(location=str(target), sha256=hashlib.sha256(target.read_bytes()).hexdigest())


def fixed_packages(directory: Path) -> list[Wheel]:
    """Return two wheels with commands of every kind."""
    made = make_sample_wheels(directory)
    return [Wheel(path=made[name].path, sha256=made[name].sha256) for name in ("alpha-1.0", "gamma-1.0")]
