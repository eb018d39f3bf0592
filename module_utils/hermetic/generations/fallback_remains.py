# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recognise a fallback directory that has lost its mark, by what it holds: copies of the programs of this root, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..fs import junction_fallback, links
from ..fs.atomic import write_text
from ..fs.record_files import read_text
from ..model.layout import Layout
from ..paths import extended


def foreign_entries(directory: Path, layout: Layout) -> list[str]:
    """Return the paths in a directory that no fallback directory of this root can hold, relative to it."""
    known = _programs(layout)
    found: list[str] = []
    base = extended(directory)
    for above, directories, names in os.walk(base):
        inside = os.path.relpath(above, base)
        leading = [name for name in directories if links.is_link(Path(above, name)) and not junction_fallback.is_one(Path(above, name))]
        directories[:] = [name for name in directories if name not in leading]
        for name in [*leading, *names]:
            sources = known.get(os.path.normcase(name), ())
            if name in leading or not (name == junction_fallback.MARK or any(_same(Path(above, name), source) for source in sources)):
                found.append(os.path.normpath(os.path.join(inside, name)))
    return sorted(found)


def mark_again(places: Iterable[Path], layout: Layout) -> None:
    """Give fallback directories that have lost their mark an empty one: they show nothing then, and are replaced like any that are stale."""
    for place in places:
        if place.is_dir() and not links.is_link(place) and not foreign_entries(place, layout):
            write_text(place / junction_fallback.MARK, "")


def _programs(layout: Layout) -> dict[str, list[Path]]:
    """Return the programs of the installed trees by their names, as the file system compares them."""
    found: dict[str, list[Path]] = {}
    for kind in ("bundles", "environments"):
        receipts = layout.receipts(kind)
        for receipt in sorted(receipts.glob("*.json")) if receipts.is_dir() else ():
            for _path, source in junction_fallback.programs(layout.tree(kind, receipt.stem)):
                found.setdefault(os.path.normcase(source.name), []).append(source)
    return found


def _same(path: Path, source: Path) -> bool:
    if source.suffix == "._pth":
        try:
            return read_text(path) in (junction_fallback.absolute_pth(source), read_text(source))
        except (OSError, ValueError):
            return False
    ours, theirs = os.lstat(extended(path)), os.lstat(extended(source))
    if os.path.samestat(ours, theirs):
        return True
    if not os.path.isfile(extended(path)) or ours.st_size != theirs.st_size:
        return False
    import filecmp  # only where a volume has no hard links

    return filecmp.cmp(extended(path), extended(source), shallow=False)
