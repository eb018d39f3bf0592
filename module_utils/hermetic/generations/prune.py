# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove what no generation that stays needs and no process runs from."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BrokenRoot, HermeticError
from ..fs import extended_attributes
from ..fs.removal import aside_name, free, try_to_remove
from ..model.layout import BOOTSTRAP, Layout
from ..model.receipts import BundleReceipt, EnvironmentReceipt, Generation, Records
from ..os_errors import explain
from ..paths import BUILDING, DISCARDED, WINDOWS, extended
from ..process.in_use import trees_in_use
from ..records.stored_artifacts import find_prebuilt
from ..text.grammar import digest_problem
from ..windows.in_use import set_aside_in
from ..windows.processes import is_open

# A bootstrap of another run may be unpacking at this moment, before any process runs from it.
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


def staying_generations(records: Records, current: Generation | None, *, keep: int, unproved: bool = False) -> set[int]:
    """Return the numbers of the generations that stay: the newest, the current and the pinned ones, and where the last roll-out began.

    Of one that is ``unproved``, the one before it stays as well: a run goes back there if its checks fail.
    """
    newest = sorted(records.generations, reverse=True)[:keep]
    pinned = [number for number, generation in records.generations.items() if generation.pinned]
    if current is None:
        return {*newest, *pinned}
    before = {current.before_rollout, current.previous if unproved else None}
    return {*newest, *pinned, current.number, *(number for number in before if number is not None and number in records.generations)}


def find_garbage(layout: Layout, records: Records, current: Generation | None, *, keep: int, unproved: bool = False) -> Garbage:
    """Return what no generation that stays needs; trees from which a process runs are left out."""
    garbage = Garbage()
    staying = staying_generations(records, current, keep=keep, unproved=unproved)
    garbage.generations = sorted(set(records.generations) - staying)
    needed_by = [records.generations[number] for number in staying if number in records.generations]
    environments = {tree_id for generation in needed_by for tree_id in generation.virtualenvs.values()}
    bundles = {tree_id for generation in needed_by for tree_id in generation.bundles.values()}
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
        # What is named otherwise than by a digest was put there by somebody else, and is reported.
        loose = sorted(name for name in set(os.listdir(layout.wheels)) - needed if digest_problem(name) is None)
        prebuilt = find_prebuilt(layout, set(loose))
        kept = {artifact.sha256 for tree_id, artifact in prebuilt.items() if tree_id in laid}
        garbage.artifacts = [name for name in loose if name not in kept]
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
        if not entry.name.startswith(BOOTSTRAP) or entry.resolve() in (own, *own.parents):
            continue
        if time.time() - entry.lstat().st_mtime > _BOOTSTRAP_AGE and not trees_in_use([entry]):
            found.append(entry)
    return found


def remove(layout: Layout, records: Records, garbage: Garbage) -> list[str]:
    """Remove garbage, and return a warning for all that stays; pruning never fails a run.

    A tree is renamed aside before its record goes, and its content last: a run that is cut off, or refused, leaves nothing that looks
    like somebody else's, and what cannot be renamed keeps its record, so that a later run tries again.
    """
    warnings: list[str] = []
    needed: set[str] = set()
    for number in garbage.generations:
        record = layout.generation_records / f"{number}.json"
        if _discard(layout.generations / str(number), record, warnings):
            del records.generations[number]
        elif number in records.generations:
            needed |= _consists_of(records.generations[number])
    for kind in ("environments", "laid", "bundles"):
        found = getattr(records, kind)
        for tree_id in garbage.trees[kind]:
            gone = found.get(tree_id)
            if tree_id in needed or not _discard(layout.tree(kind, tree_id), layout.receipt(kind, tree_id), warnings):
                needed |= _consists_of(gone)
                continue
            found.pop(tree_id, None)
            if isinstance(gone, EnvironmentReceipt):
                _note_unlinking(layout, gone)
    for sha256 in garbage.artifacts:
        if sha256 not in needed:
            warnings += try_to_remove(layout.wheels / sha256)
    for bootstrap in (*garbage.bootstraps, *garbage.set_aside):
        warnings += try_to_remove(bootstrap)
    return warnings


def _consists_of(record: object) -> set[str]:
    """Return the trees and artifacts that have to stay with something that was to go and could not be removed."""
    if isinstance(record, Generation):
        return {*record.virtualenvs.values(), *record.bundles.values()}
    if isinstance(record, EnvironmentReceipt):
        return {*record.laid, *record.wheels, record.bundle}
    return {record.sha256} if isinstance(record, BundleReceipt) else set()


def _discard(tree: Path, record: Path, warnings: list[str]) -> bool:
    """Rename a tree aside, remove its record and then the tree, so that nobody meets half of it under its name."""
    aside = tree
    try:
        if os.path.lexists(tree):
            warnings += try_to_remove(tree.with_name(f"{DISCARDED}{tree.name}"))
            aside = _renamed_aside(tree)
        _unlink(record, tree, aside)
        warnings += _freed(aside)
    except (OSError, HermeticError) as error:
        reason = explain(error, str(tree)) if isinstance(error, OSError) else error
        warnings.append(f"{tree} is needed by nothing and could not be removed; the next run tries again. {reason}")
        return False
    return True


def _unlink(record: Path, tree: Path, aside: Path) -> None:
    """Remove the record of a tree; where that fails, the tree gets its name back, since a record without a tree means a loss."""
    extended_attributes.release(os.fspath(record.parent))
    extended_attributes.release(os.fspath(record))
    try:
        record.unlink(missing_ok=True)
    except OSError:
        if aside != tree:
            os.rename(aside, tree)
        raise


def _renamed_aside(tree: Path) -> Path:
    for flagged in (tree, tree.parent):
        extended_attributes.release(os.fspath(flagged))
    aside = aside_name(tree)
    try:
        os.rename(tree, aside)
    except PermissionError:
        if not WINDOWS:
            raise
        return tree  # a process has something in it open: it goes from where it is
    return aside


def _note_unlinking(layout: Layout, receipt: EnvironmentReceipt) -> None:
    """Give the receipts of wheels whose files lost a name a new time: that the files changed since then, which quick verifications go by, was us."""
    for laid_id in receipt.laid:
        with contextlib.suppress(OSError):
            os.utime(layout.receipt("laid", laid_id))


def is_recorded(tree: Path, records: Records) -> bool:
    """Return whether a tree or profile has a record."""
    kind = tree.parent.name
    return tree.name in ({str(number) for number in records.generations} if kind == "generations" else getattr(records, kind))


def remove_leftovers(leftovers: Iterable[Path]) -> list[str]:
    """Remove what runs that were cut off left behind, and return warnings; a tree from which a process runs stays for a later run."""
    found = list(leftovers)
    busy = trees_in_use(found) if found else set()
    warnings: list[str] = []
    for leftover in found:
        if leftover not in busy:
            warnings += _freed(leftover)
    return warnings


def _freed(leftover: Path) -> list[str]:
    """Remove, or rename to a name that says whose it was: what is left of a tree of ours is no stranger's."""
    if leftover.name.startswith((BUILDING, DISCARDED)):
        return try_to_remove(leftover)
    try:
        return free(leftover)
    except BrokenRoot as error:
        return [str(error)]
