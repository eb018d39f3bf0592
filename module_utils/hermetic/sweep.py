# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove what no kept generation needs and no process runs from."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from .durable import WINDOWS, extended
from .layout import DISCARDED, Layout
from .processes import trees_in_use
from .receipts import Generation, Records
from .removal import remove_tree
from .windows_in_use import set_aside_in
from .windows_processes import is_open

# A bootstrap of another run may be unpacking at this moment, before any process runs from it.
_BOOTSTRAP = ".bootstrap-"
_BOOTSTRAP_AGE = 3600


@dataclass
class Garbage:
    """What can go: generations, trees by kind, artifacts."""

    generations: list[int] = field(default_factory=list)
    trees: dict[str, list[str]] = field(default_factory=lambda: {"environments": [], "laid": [], "bundles": []})
    artifacts: list[str] = field(default_factory=list)
    bootstraps: list[Path] = field(default_factory=list)
    set_aside: list[Path] = field(default_factory=list)
    """What a process kept from being removed and keeps no longer (Windows)."""

    def any(self) -> bool:
        """Whether there is something to remove."""
        return bool(self.generations or self.artifacts or self.bootstraps or self.set_aside or any(self.trees.values()))


def kept_generations(records: Records, current: Generation | None, *, keep: int) -> set[int]:
    """Return the numbers of the generations that stay: the newest ones, the current one, and those marked to be kept."""
    newest = sorted(records.generations, reverse=True)[:keep]
    marked = [number for number, generation in records.generations.items() if generation.kept]
    return {*newest, *marked, *([current.number] if current is not None else [])}


def find_garbage(layout: Layout, records: Records, current: Generation | None, *, keep: int) -> Garbage:
    """Return what no kept generation needs; trees from which a process runs are left out."""
    garbage = Garbage()
    staying = kept_generations(records, current, keep=keep)
    garbage.generations = sorted(set(records.generations) - staying)
    kept = [records.generations[number] for number in staying if number in records.generations]
    environments = {tree_id for generation in kept for tree_id in generation.virtualenvs.values()}
    bundles = {tree_id for generation in kept for tree_id in generation.bundles.values()}
    bundles |= {records.environments[tree_id].bundle for tree_id in environments if tree_id in records.environments}
    loose_environments = set(records.environments) - environments
    busy = _busy(layout, "environments", loose_environments)
    garbage.trees["environments"] = sorted(loose_environments - busy)
    staying_environments = [records.environments[tree_id] for tree_id in records.environments if tree_id in environments | busy]
    bundles |= {receipt.bundle for receipt in staying_environments}
    laid = {laid_id for receipt in staying_environments for laid_id in receipt.laid}
    garbage.trees["laid"] = sorted(set(records.laid) - laid)
    loose_bundles = set(records.bundles) - bundles
    busy_bundles = _busy(layout, "bundles", loose_bundles)
    garbage.trees["bundles"] = sorted(loose_bundles - busy_bundles)
    needed = {wheel for receipt in staying_environments for wheel in receipt.wheels}
    needed |= {records.bundles[tree_id].sha256 for tree_id in records.bundles if tree_id in bundles | busy_bundles}
    if layout.wheels.is_dir():
        garbage.artifacts = sorted(set(os.listdir(layout.wheels)) - needed)
    garbage.bootstraps = _old_bootstraps(layout)
    if WINDOWS:
        garbage.set_aside = [path for path in set_aside_in(layout.root) if not is_open(extended(path))]
    return garbage


def _busy(layout: Layout, kind: str, tree_ids: Iterable[str]) -> set[str]:
    trees = {layout.tree(kind, tree_id): tree_id for tree_id in tree_ids}
    if not trees:
        return set()
    return {trees[tree] for tree in trees_in_use(trees) if tree in trees}


def _old_bootstraps(layout: Layout) -> list[Path]:
    if not layout.root.is_dir():
        return []
    own = Path(sys.base_prefix).resolve()
    found = []
    for entry in layout.root.iterdir():
        if not entry.name.startswith(_BOOTSTRAP) or entry.resolve() in (own, *own.parents):
            continue
        if time.time() - entry.lstat().st_mtime > _BOOTSTRAP_AGE and not trees_in_use([entry]):
            found.append(entry)
    return found


def remove(layout: Layout, records: Records, garbage: Garbage) -> None:
    """Remove garbage: records before what they stand for, so that a run that is cut off leaves only trees without receipt."""
    for number in garbage.generations:
        (layout.generation_records / f"{number}.json").unlink(missing_ok=True)
        del records.generations[number]
        remove_tree(layout.generations / str(number))
    for kind in ("environments", "laid", "bundles"):
        for tree_id in garbage.trees[kind]:
            layout.receipt(kind, tree_id).unlink(missing_ok=True)
            getattr(records, kind).pop(tree_id, None)
            _discard(layout.tree(kind, tree_id))
    for sha256 in garbage.artifacts:
        remove_tree(layout.wheels / sha256)
    for bootstrap in (*garbage.bootstraps, *garbage.set_aside):
        remove_tree(bootstrap)


def _discard(tree: Path) -> None:
    """Rename a tree aside and remove it, so that nobody meets half of it under its name."""
    if not os.path.lexists(tree):
        return
    aside = tree.parent / f"{DISCARDED}{tree.name}"
    remove_tree(aside)
    try:
        os.rename(tree, aside)
    except PermissionError:
        if not WINDOWS:
            raise
        aside = tree  # a process has something in it open: it goes from where it is
    remove_tree(aside)


def is_recorded(tree: Path, records: Records) -> bool:
    """Tell whether a tree or facade has a record."""
    kind = tree.parent.name
    return tree.name in ({str(number) for number in records.generations} if kind == "generations" else getattr(records, kind))


def remove_leftovers(leftovers: Iterable[Path]) -> None:
    """Remove what runs that were cut off left behind; a tree from which a process runs stays for a later run."""
    found = list(leftovers)
    busy = trees_in_use(found) if found else set()
    for leftover in found:
        if leftover in busy:
            continue
        if leftover.is_dir() and not leftover.is_symlink():
            remove_tree(leftover)
        else:
            leftover.unlink(missing_ok=True)
