# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much room a plan takes, and how much a removal gives back."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from ..errors import DiskFull, UnsafeArchive
from ..free_space import free_bytes, size_text
from ..fs.own_files import open_regular
from ..model.artifact import Artifact
from ..model.layout import Layout
from ..model.receipts import EnvironmentReceipt, Records
from ..mounts import mount_point

# What an archive of unknown content unpacks to at least, byte code included; measured: bundles 2.9 to 3.4, wheels 2.6 to 7.
_LEAST_GROWTH = 2.5
# Byte code is about as large as its source; measured over the wheels of the demo: 0.95 to 1.2.
_BYTE_CODE = 1.0
# Receipts, links, directories and blocks that are not full.
_RESERVE = 4 * 1024 * 1024


def needed_bytes(artifacts: Mapping[str, Artifact], layout: Layout) -> int:
    """Return what working from artifacts writes below the root: downloads that are not stored yet, and what the archives unpack to."""
    total = 0
    for artifact in artifacts.values():
        stored = layout.artifact(artifact.sha256, artifact.filename)
        size = os.path.getsize(stored) if stored.exists() else artifact.size
        if size is not None and not stored.exists():
            total += size
        total += _unpacked(artifact, stored, size)
    return total + _RESERVE if total else 0


def least_bytes(artifacts: Iterable[Artifact]) -> int:
    """Return what installing artifacts on a host that has none of them takes at least."""
    total = sum((each.size or 0) + _grown(each, each.size) for each in artifacts)
    return total + _RESERVE if total else 0


def _unpacked(artifact: Artifact, stored: Path, size: int | None) -> int:
    found = _in_wheel(stored) if artifact.unpacked is None and stored.suffix == ".whl" and stored.exists() else None
    return found if found is not None else _grown(artifact, size)


def _in_wheel(path: Path) -> int | None:
    """Return what the directory of a wheel says that it unpacks to, byte code included; None for one that whoever unpacks it will refuse."""
    import zipfile  # with the compressors that it loads, only where it is asked for

    from ..unpack.unpack_budget import UnpackBudget
    from ..unpack.zip_structure import check_entry_count

    try:
        with open(open_regular(path), "rb") as source:
            budget = UnpackBudget(path.name, archive_size=os.fstat(source.fileno()).st_size)
            check_entry_count(source, budget)
            with zipfile.ZipFile(source) as wheel:
                entries = wheel.infolist()
        budget.take(*(entry.file_size for entry in entries))
        return sum(int(entry.file_size * (1 + _BYTE_CODE * entry.filename.endswith(".py"))) for entry in entries)
    except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile, UnsafeArchive):
        return None


def _grown(artifact: Artifact, size: int | None) -> int:
    return artifact.unpacked if artifact.unpacked is not None else int((size or 0) * _LEAST_GROWTH)


def refuse_full(root: Path, needed: int) -> None:
    """Raise DiskFull when the file system of a root has not the room that a plan takes."""
    free = free_bytes(root)
    if free is None or free >= needed:
        return
    raise DiskFull(
        f"{root}: about {size_text(needed)} are needed and {size_text(free)} are free on the file system mounted at {mount_point(root)}; "
        "nothing was changed. Free space there, remove old generations (module generation, state pruned), or set check_free_space to false "
        "where this file system reports less than it can take."
    )


def freed_bytes(records: Records, trees: Mapping[str, Collection[str]], artifacts: Iterable[Path]) -> int:
    """Return what the removal of trees and stored artifacts gives back, by their receipts; shared files count once, with their wheel."""
    total = 0
    for tree_id in trees.get("bundles", ()):
        if tree_id in records.bundles:
            total += sum(record.size for record in records.bundles[tree_id].manifest().files.values())
    for tree_id in trees.get("laid", ()):
        if tree_id in records.laid:
            total += sum(record.size for record in records.laid[tree_id].files.values())
    for tree_id in trees.get("environments", ()):
        if tree_id in records.environments:
            total += _own_bytes(records.environments[tree_id], records)
    return total + sum(os.lstat(path).st_size for directory in artifacts if directory.is_dir() for path in directory.iterdir())


def _own_bytes(receipt: EnvironmentReceipt, records: Records) -> int:
    own = sum(record.size for record in receipt.own_files.values())
    if receipt.link_mode == "hardlink":
        return own
    return own + sum(record.size for each in receipt.laid if each in records.laid for record in records.laid[each].files.values())
