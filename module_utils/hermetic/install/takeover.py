# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Take over the wheels that an earlier release unpacked for one bundle: the same files under the name of their byte code.

Nothing is unpacked, compiled or copied: the new tree is linked beside, recorded and named by the environments before the old one goes.
Cut off at any point, each environment still names a tree that is there.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ..fs.atomic import make_directory, sync_trees, write_json
from ..fs.removal import free, try_to_remove
from ..fs.replacement import place
from ..fs.tree_files import hard_link
from ..generations.prune import Garbage, remove
from ..inspect.tree_status import directory_times, tree_owner
from ..model.layout import Layout
from ..model.receipts import LaidReceipt, Records, dump
from ..paths import BUILDING, inside
from ..planning.takeover import Takeover, moved
from ..records import transaction_marker
from ..text.counting import counted
from .progress import Progress


def take_over(layout: Layout, records: Records, found: Sequence[Takeover], *, progress: Progress) -> list[str]:
    """Carry out takeovers, and return the warnings. The caller holds the lock of the root."""
    progress(f"take over {counted(len(found), 'unpacked wheel')} of an earlier release")
    warnings: list[str] = []
    with transaction_marker.held(layout, []):
        linked = _link_all(layout, [each for each in found if not each.is_twin and each.earlier.id != each.now.id], warnings)
        for each in found:
            if not each.is_twin:
                records.laid[each.now.id] = linked.get(each.now.id, each.now)
                write_json(layout.receipt("laid", each.now.id), dump(records.laid[each.now.id]))
        for tree_id, receipt in list(records.environments.items()):
            changed = moved(receipt, found)
            if changed is not receipt:
                write_json(layout.receipt("environments", tree_id), dump(changed))
                records.environments[tree_id] = changed
        gone = [each.earlier.id for each in found if each.earlier.id != each.now.id]
        warnings += remove(layout, records, Garbage(trees={"environments": [], "laid": gone, "bundles": []}))
        for tree_id in linked:
            # To lose a name changes a file as well, as far as the system is concerned, and quick verifications go by this time.
            os.utime(layout.receipt("laid", tree_id))
    return warnings


def _link_all(layout: Layout, found: Sequence[Takeover], warnings: list[str]) -> dict[str, LaidReceipt]:
    """Make the trees under their new names, and return their receipts."""
    made: dict[Path, tuple[LaidReceipt, list[str]]] = {}
    try:
        for each in found:
            building = layout.tree("laid", f"{BUILDING}{each.now.id}")
            warnings += free(building)
            made[building] = (each.now, [])
            made[building] = (each.now, _link(layout.tree("laid", each.earlier.id), building, each.now))
        sync_trees({building: copied for building, (_receipt, copied) in made.items()}, below=layout.root)
        finished = {}
        for building, (receipt, copied) in made.items():
            final = layout.tree("laid", receipt.id)
            warnings += place(building, final)
            finished[receipt.id] = replace(
                receipt,
                owner=tree_owner(final, receipt.files),
                directories=directory_times(final, receipt.manifest()),
                # Environments share the files of the old tree: only a tree that has every one of them is the same to them.
                stamp=uuid.uuid4().hex if copied else receipt.stamp,
            )
    except BaseException:
        for building in made:
            try_to_remove(building)
        raise
    return finished


def _link(tree: Path, building: Path, receipt: LaidReceipt) -> list[str]:
    """Fill a new directory with the files of a tree, and return those that had to be copied."""
    source, target = inside(tree), inside(building)
    make_directory(building)
    for directory in sorted(receipt.manifest().directories):
        make_directory(Path(target(directory)))
    return [path for path, record in receipt.files.items() if not hard_link(source(path), target(path), record.mode)]
