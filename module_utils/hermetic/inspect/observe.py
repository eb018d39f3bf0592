# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a root and say what it holds and what is wrong with it; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from ..findings.aggregate import MOST, aggregated_by_directory
from ..findings.finding import INTERRUPTED, TAMPERED, Finding
from ..findings.tree_findings import store_finding
from ..fs.case_folding import other_spelling
from ..generations import profile
from ..model.layout import Layout, is_tree_name
from ..model.receipts import Records
from ..paths import BUILDING, DISCARDED, WINDOWS, Inode
from ..planning.observation import Observation
from ..planning.reused import Reused
from ..process.inode_hashing import hash_inodes
from ..process.subprocess_environment import core_count
from ..records.load import load_records
from ..records.stored_artifacts import find_stored, read_here
from ..records.transaction_marker import unproved_generation
from ..records.vouching import check_receipts
from ..windows import acl as windows_acl
from .generation_in_force import check_record_of_switch, find_in_force
from .profile_check import check_profile
from .root_check import check_store, check_stored, report_spelling, report_stray
from .tree_checks import check_trees

_NOTHING: Mapping[str, Sequence[str]] = MappingProxyType({})


def observe(
    layout: Layout, *, verify: str, jobs: int = 0, at: int | None = None, known: Mapping[str, Sequence[str]] = _NOTHING
) -> Observation:
    """Read the state below a root and hold the current generation's trees against their receipts.

    ``at`` inspects another generation's trees instead. ``verify`` is ``none`` (receipts and links), ``quick`` (by ``lstat``) or ``deep`` (by content as well).
    ``known`` are the digests of receipts that the controller vouches for, by ``kind/id``; they are compared by a deep verification only.
    """
    observation = Observation(records=load_records(layout))
    records = observation.records
    if at is not None:
        check_trees(layout, observation, records.generations[at], verify=verify, jobs=jobs)
        return observation
    for path, reason in records.unreadable.items():
        observation.findings.append(store_finding(kind="modified", cause=TAMPERED, expected="a readable record", actual=reason, path=path))
        observation.leftovers.append(Path(path))
    check_record_of_switch(layout, observation)
    begun = profile.never_in_force(layout, records)
    if begun is not None:
        del records.generations[begun]
        observation.leftovers.append(layout.generation_records / f"{begun}.json")
    observation.current = find_in_force(layout, observation)
    if observation.current is not None:
        observation.unproved = unproved_generation(layout, observation.current.number)
    stored = find_stored(layout, records)
    to_read = stored.to_read(deep=verify == "deep")
    digests: dict[Inode, str] = {}
    if observation.current is not None:
        check_profile(layout, observation, observation.current)
        digests = check_trees(layout, observation, observation.current, verify=verify, jobs=jobs, also_read=to_read)
        if verify == "deep":
            check_receipts(layout, observation, observation.current, known=known)
    if verify == "quick":
        digests = read_here(to_read)
    elif verify == "deep" and observation.current is None:
        digests = hash_inodes(to_read, count=core_count(jobs))
    _find_leftovers(layout, observation)
    if WINDOWS and layout.state.is_dir():
        _check_root(layout, observation)
    if layout.state.is_dir():
        check_store(layout, observation)
        if verify != "none":
            check_stored(layout, observation, stored, {inode: digests.get(inode, "") for inode in to_read})
    beside = [finding for finding in observation.findings if finding.subject == "store"]
    if len(beside) > MOST:
        others = [finding for finding in observation.findings if finding.subject != "store"]
        observation.findings = [*others, *aggregated_by_directory(beside)]
    return observation


def _check_root(layout: Layout, observation: Observation) -> None:
    observation.open_to = windows_acl.others_who_may_write(layout.root)
    if observation.open_to:
        actual = f"writing for {', '.join(observation.open_to)}"
        remedy = "Converge to set its access list."
        observation.findings.append(
            Finding(
                subject="store",
                kind="mode",
                severity="high",
                cause=TAMPERED,
                expected="writing for the system and administrators only",
                actual=actual,
                path=".",
                remedy=remedy,
            )
        )


def observe_reused(
    layout: Layout, observation: Observation, reused: Reused, *, verify: str, jobs: int = 0, known: Mapping[str, Sequence[str]] = _NOTHING
) -> None:
    """Inspect trees of other generations that are to be used again: nobody has verified them since."""
    begin = len(observation.findings)
    check_trees(layout, observation, reused.trees, verify=verify, jobs=jobs, also_laid=reused.laid)
    if layout.transaction_marker.exists():
        found = [replace(each, cause=INTERRUPTED) if _is_tree_gone(layout, each) else each for each in observation.findings[begin:]]
        observation.findings[begin:] = found
    if verify == "deep":
        check_receipts(layout, observation, reused.trees, known=known, also_laid=reused.laid)
    observation.findings = list(dict.fromkeys(observation.findings))


def _is_tree_gone(layout: Layout, finding: Finding) -> bool:
    """Return whether a finding is about a whole tree that is gone: a run that was cut off while it pruned left its receipt."""
    kind, _slash, tree_id = (finding.path or "").partition("/")
    return finding.kind == "missing" and is_tree_name(kind, tree_id) and not os.path.lexists(layout.tree(kind, tree_id))


def _find_leftovers(layout: Layout, observation: Observation) -> None:
    """Find what no receipt names: trees of runs that were cut off, and trees that lost their receipt."""
    records = observation.records
    known = {
        layout.bundles: set(records.bundles),
        layout.environments: set(records.environments),
        layout.laid: set(records.laid),
        layout.generations: {str(number) for number in records.generations},
    }
    if observation.current is not None and observation.current.number not in records.generations:
        observation.orphans.append(layout.generations / str(observation.current.number))
    cut_off = layout.transaction_marker.exists()
    for directory in _written_to(layout):
        known.setdefault(directory, {entry for entry in os.listdir(directory) if not entry.startswith((BUILDING, DISCARDED))})
    referred = _referred_to(layout, records)
    found: list[Finding] = []
    for directory, names in known.items():
        listed = sorted(os.listdir(directory)) if directory.is_dir() else []
        for entry in listed:
            if entry in names or directory / entry in observation.orphans:
                continue
            begun = entry.startswith((BUILDING, DISCARDED))
            right = None if begun else other_spelling(directory, entry, names.difference(listed))
            if right is not None:
                report_spelling(layout, observation, directory / entry, right)
                continue
            if not begun and not is_tree_name(directory.name, entry):
                report_stray(layout, observation, directory / entry)
                continue
            observation.leftovers.append(directory / entry)
            path = str((directory / entry).relative_to(layout.root))
            if begun:
                found.append(
                    store_finding(
                        kind="interrupted", cause=INTERRUPTED, expected=None, actual="what a run that was cut off left", path=path
                    )
                )
            elif directory / entry in referred:
                # A run removes the records that refer to a tree before the receipt of the tree: this one somebody else removed.
                if str(_receipt_of(layout, directory / entry)) in records.unreadable:
                    continue
                found.append(
                    store_finding(
                        kind="missing",
                        cause=TAMPERED,
                        expected=f"the receipt of {path}",
                        actual=None,
                        path=str(_receipt_of(layout, directory / entry).relative_to(layout.root)),
                    )
                )
            else:
                # Written to the end and not recorded yet, or a removal that did not end; what has another name no run of ours made.
                ours = cut_off or directory in (layout.bundles, layout.environments, layout.laid)
                found.append(
                    store_finding(
                        kind="unexpected",
                        cause=INTERRUPTED if ours else TAMPERED,
                        expected=None,
                        actual="a tree without a receipt",
                        path=path,
                    )
                )
    observation.findings += found
    if layout.transaction_marker.exists():
        observation.leftovers.append(layout.transaction_marker)
        found_open = "a run that did not end"
        if observation.unproved is not None:
            found_open += f", so the checks after the switch to generation {observation.unproved.generation} are not known to pass"
        observation.findings.append(
            store_finding(kind="interrupted", cause=INTERRUPTED, expected=None, actual=found_open, path="state/journal")
        )


def _referred_to(layout: Layout, records: Records) -> set[Path]:
    """Return the trees that a record names, be it of a generation or of an environment that one has."""
    environments = {tree_id for generation in records.generations.values() for tree_id in generation.virtualenvs.values()}
    receipts = [records.environments[tree_id] for tree_id in environments if tree_id in records.environments]
    bundles = {tree_id for generation in records.generations.values() for tree_id in generation.bundles.values()}
    return {
        *(layout.tree("environments", tree_id) for tree_id in environments),
        *(layout.tree("bundles", tree_id) for tree_id in (*bundles, *(receipt.bundle for receipt in receipts))),
        *(layout.tree("laid", laid_id) for receipt in receipts for laid_id in receipt.laid),
    }


def _receipt_of(layout: Layout, tree: Path) -> Path:
    return layout.receipt(tree.parent.name, tree.name)


def _written_to(layout: Layout) -> list[Path]:
    """Return the directories where files and links are written beside and renamed."""
    places = [
        layout.root,
        layout.state,
        layout.generation_records,
        *(layout.receipts(kind) for kind in ("bundles", "environments", "laid")),
    ]
    if layout.wheels.is_dir():
        places += [entry for entry in sorted(layout.wheels.iterdir()) if entry.is_dir()]
    return [place for place in places if place.is_dir()]
