# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find packages in an environment that no declared wheel brought."""

from __future__ import annotations

import csv
import io
import os
import posixpath
from collections.abc import Mapping
from pathlib import Path

from ..findings.tree_findings import ForeignPackage
from ..fs.record_files import read_text
from ..model.receipts import EnvironmentReceipt, LaidReceipt
from ..model.wheel_name import distribution
from ..paths import extended


def find_foreign(tree: Path, receipt: EnvironmentReceipt, laid: Mapping[str, LaidReceipt]) -> list[ForeignPackage]:
    """Return the packages of an environment's site-packages that its receipt does not know, by their metadata directories."""
    site = Path(extended(tree / receipt.site_packages))
    known = {laid[laid_id].dist_info for laid_id in receipt.laid}
    try:
        entries = sorted(os.listdir(site))
    except OSError:
        return []
    found = []
    for entry in entries:
        if entry.endswith(".dist-info") and entry not in known:
            name, _unused, version = entry[: -len(".dist-info")].partition("-")
            found.append(
                ForeignPackage(
                    dist_info=entry,
                    name=distribution(name),
                    version=version or "unknown",
                    paths=_paths(site / entry, receipt.site_packages),
                )
            )
    return found


def _paths(dist_info: Path, site_packages: str) -> frozenset[str]:
    """Return the paths, relative to the tree, that a package's own RECORD claims, and the directories of byte code beside them."""
    claimed = {posixpath.join(site_packages, dist_info.name)}
    try:
        # Whoever put the package there wrote it: it may be a pipe, a link to a device, or have no end.
        rows = [row[0] for row in csv.reader(io.StringIO(read_text(dist_info / "RECORD"), newline="")) if row]
    except (FileNotFoundError, ValueError, csv.Error):
        rows = []
    for row in rows:
        path = posixpath.normpath(posixpath.join(site_packages, row))
        if path.startswith("../") or posixpath.isabs(path):
            continue
        claimed.add(path)
        parent = posixpath.dirname(path)
        if path.endswith(".py"):
            claimed.add(f"{parent}/__pycache__")
    return frozenset(claimed)
