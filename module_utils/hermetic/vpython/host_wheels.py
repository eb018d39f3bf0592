# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wheels that the host has unpacked already: copied into a user's root, each file compared with its digest."""

from __future__ import annotations

import os
import uuid
from dataclasses import replace
from pathlib import Path

from ..fs.atomic import make_directory
from ..fs.hashed_copy import copy_hashed
from ..fs.removal import free, try_to_remove
from ..inspect.tree_status import tree_owner
from ..model.layout import Layout
from ..model.receipts import LaidReceipt
from ..paths import BUILDING, FILE_TIME_NS, inside
from ..records.load import load_receipt


def unpacked_on(host: Layout, tree_id: str) -> LaidReceipt | None:
    """Return the receipt of a wheel that the host has unpacked and this user may read; None where it has none."""
    tree = host.tree("laid", tree_id)
    if not os.access(tree, os.R_OK | os.X_OK):
        return None
    return load_receipt(host, "laid", tree_id)


def copy_unpacked(host: Layout, receipt: LaidReceipt, layout: Layout) -> tuple[LaidReceipt, Path] | None:
    """Copy an unpacked wheel beside its place in a user's root; None where a file of the host is not what its receipt says."""
    building = layout.tree("laid", f"{BUILDING}{receipt.id}")
    free(building)
    make_directory(building)
    source, target = inside(host.tree("laid", receipt.id)), inside(building)
    made = {""}
    try:
        for path, record in receipt.files.items():
            parent = path.rpartition("/")[0]
            if parent not in made:
                make_directory(building / parent)
                made.add(parent)
            if not _copied(Path(source(path)), Path(target(path)), record.mode, record.sha256):
                try_to_remove(building)
                return None
    except (FileNotFoundError, NotADirectoryError):
        try_to_remove(building)
        return None
    except BaseException:
        try_to_remove(building)
        raise
    return replace(receipt, owner=tree_owner(building, receipt.files), directories={}, stamp=uuid.uuid4().hex), building


def _copied(source: Path, target: Path, mode: int, sha256: str) -> bool:
    if copy_hashed(source, target) != sha256:
        return False
    os.chmod(target, mode)
    os.utime(target, ns=(FILE_TIME_NS, FILE_TIME_NS))
    return True
