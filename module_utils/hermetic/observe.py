# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a root and say what it holds and what is wrong with it; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from . import generation as generations
from . import interpreter, links, windows_acl
from .durable import WINDOWS, inside
from .errors import BrokenInterpreter
from .explain import bundle_findings, environment_findings, shared_finding, without_consequences
from .finding import INTERRUPTED, TAMPERED, Finding
from .foreign_packages import find_foreign
from .inspection import Difference, Inspection
from .layout import BUILDING, DISCARDED, Layout
from .manifest import Manifest
from .meanwhile import Meanwhile
from .observation import Observation, Reused
from .receipts import BundleReceipt, EnvironmentReceipt, Generation, LaidReceipt, Records, load_records
from .workers import core_count, hash_inodes

# Device, number and size.
_Inode = tuple[int, int, int]

_STALE = "a stand-in that shows something else"


def observe(layout: Layout, *, verify: str, jobs: int = 0, at: int | None = None) -> Observation:
    """Read the state below a root and hold the current generation's trees against their receipts.

    ``at`` inspects another generation's trees instead. ``verify`` is ``none`` (receipts and links), ``quick`` (by ``lstat``) or ``deep`` (by content as well).
    """
    observation = Observation(records=load_records(layout))
    records = observation.records
    if at is not None:
        _check_trees(layout, observation, records.generations[at], verify=verify, jobs=jobs)
        return observation
    for path, reason in records.unreadable.items():
        observation.findings.append(_store("modified", TAMPERED, "a readable record", reason, path))
        observation.leftovers.append(Path(path))
    begun = generations.never_in_force(layout, records)
    if begun is not None:
        del records.generations[begun]
        observation.leftovers.append(layout.generation_records / f"{begun}.json")
    observation.current = _in_force(layout, observation)
    if observation.current is not None:
        _check_facade(layout, observation, observation.current)
        _check_trees(layout, observation, observation.current, verify=verify, jobs=jobs)
    _find_leftovers(layout, observation)
    if WINDOWS and layout.state.is_dir():
        _check_root(layout, observation)
    return observation


def _check_root(layout: Layout, observation: Observation) -> None:
    observation.open_to = windows_acl.others_who_may_write(layout.root)
    if observation.open_to:
        actual = f"writing for {', '.join(observation.open_to)}"
        remedy = "Converge to set its access list."
        observation.findings.append(
            Finding("store", "mode", "high", TAMPERED, "writing for the system and administrators only", actual, ".", remedy)
        )


def observe_reused(layout: Layout, observation: Observation, reused: Reused, *, verify: str, jobs: int = 0) -> None:
    """Inspect trees of other generations that are to be used again: what was done to them since nobody has looked at."""
    _check_trees(layout, observation, reused.trees, verify=verify, jobs=jobs, also_laid=reused.laid)
    observation.findings = list(dict.fromkeys(observation.findings))


def _store(kind: str, cause: str, expected: str | None, actual: str | None, path: str) -> Finding:
    return Finding(
        "store", kind, "medium", cause, expected, actual, path, "Converge; what is missing is made again and what is left over is removed."
    )


def _in_force(layout: Layout, observation: Observation) -> Generation | None:
    """Return the generation in force, be it that its record or the link to it is lost."""
    records = observation.records
    number = generations.current_number(layout)
    if number is not None and number in records.generations:
        return records.generations[number]
    if number is not None:
        found = generations.from_facade(layout, number, records)
        if found is not None:
            observation.facade_broken = True
            record = layout.generation_records / f"{number}.json"
            if str(record) not in records.unreadable:
                remedy = "Converge to write it anew."
                observation.findings.append(
                    Finding(
                        "generation",
                        "missing",
                        "high",
                        TAMPERED,
                        f"the record of generation {number}",
                        None,
                        f"state/generations/{number}.json",
                        remedy,
                    )
                )
            return found
    told = generations.told_number(layout)
    last = records.generations.get(told) if told is not None else None
    last = last or (_last_in_force(layout, records) if records.generations else None)
    if last is not None:
        _report_switch(layout, observation, last)
    return last


def _last_in_force(layout: Layout, records: Records) -> Generation | None:
    """Return the generation that was in force before the link to it was lost: the newest whose facade is there."""
    for number in sorted(records.generations, reverse=True):
        if (layout.generations / str(number)).is_dir():
            return records.generations[number]
    return None


def _report_switch(layout: Layout, observation: Observation, current: Generation) -> None:
    target = links.read(layout.current)
    # A run that was cut off between the first record and the first switch leaves records and no link; the journal tells it apart.
    cause = INTERRUPTED if target is None and layout.journal.exists() else TAMPERED
    observation.facade_broken = True
    observation.findings.append(
        Finding(
            "generation",
            "missing" if target is None else "link",
            "high",
            cause,
            f"a link to generation {current.number}",
            f"link to {target}" if target else None,
            "current",
            "Converge, or activate a generation.",
        )
    )


def _check_facade(layout: Layout, observation: Observation, current: Generation) -> None:
    found = _facade_differences(layout, observation, current)
    stable = [each for link, target in generations.stable_links(layout).items() for each in _link_difference(link, link.name, target)]
    if links.read(layout.current) is None:
        # Stand-ins show what the switch leads to: that it is lost is one finding, not one more for each of them.
        stable = [each for each in stable if each.actual != _STALE]
    engine = generations.newest_engine(current, observation.records.bundles)
    engine_differences = (
        _link_difference(layout.engine, "state/engine", generations.engine_target(layout, engine)) if engine is not None else []
    )
    # What is pointed after the switch: a run that was cut off between the two leaves that of the generation before, or nothing.
    late = [*engine_differences, *(stable if WINDOWS else ())]
    late_cause = INTERRUPTED if layout.journal.exists() else TAMPERED
    for difference in [*found, *stable, *engine_differences]:
        observation.facade_broken = True
        observation.findings.append(
            Finding(
                "generation",
                difference.kind,
                "high",
                late_cause if difference in late else TAMPERED,
                difference.expected,
                difference.actual,
                difference.path,
                "Converge to make the links anew.",
            )
        )


def _facade_differences(layout: Layout, observation: Observation, current: Generation) -> list[Difference]:
    records = observation.records
    base, shown = layout.generations / str(current.number), f"generations/{current.number}"
    wanted = generations.facade(layout, current, records.bundles)
    # What a bundle adds to the facade is only known from its receipt; a lost one is reported as such.
    complete = all(tree_id in records.bundles for tree_id in current.bundles.values())
    found: list[Difference] = []
    unusable: set[str] = set()
    for directory, names in sorted(generations.facade_directories(wanted).items()):
        place, path = (base / directory, f"{shown}/{directory}") if directory else (base, shown)
        if "" in unusable:
            unusable.add(directory)
        elif directory not in wanted and (links.is_link(place) or not place.is_dir()):
            kind = "missing" if not os.path.lexists(place) else "link" if links.is_link(place) else "modified"
            found.append(Difference(path, kind, "directory", None))
            unusable.add(directory)
        elif directory not in wanted and (complete or directory == "envs"):
            strays = sorted(set(os.listdir(place)) - names)
            found += [Difference(f"{path}/{name}", "unexpected", None, "an entry that no release brought") for name in strays]
    for path, target in wanted.items():
        if path.rpartition("/")[0] not in unusable:
            found += _link_difference(base / path, f"{shown}/{path}", target)
    return found


def _link_difference(link: Path, shown: str, target: str) -> list[Difference]:
    actual = links.read(link)
    if links.points_to(link, target):
        return [Difference(shown, "link", f"link to {target}", _STALE)] if links.is_stale(link) else []
    kind = "link" if os.path.lexists(link) else "missing"
    return [Difference(shown, kind, f"link to {target}", f"link to {actual}" if actual else None)]


def _check_trees(
    layout: Layout, observation: Observation, current: Generation, *, verify: str, jobs: int, also_laid: frozenset[str] = frozenset()
) -> None:
    records = observation.records
    checks: list[_TreeCheck] = []
    # To start an interpreter is mostly to wait.
    starts: list[Meanwhile[None]] = []
    for name, tree_id in sorted(current.bundles.items()):
        bundle = records.bundles.get(tree_id)
        if bundle is None or not layout.tree("bundles", tree_id).is_dir():
            observation.broken["bundles"].add(tree_id)
            _report_gone(layout, observation, f"bundle:{name}", "bundles", tree_id)
            continue
        checks.append(_TreeCheck("bundles", tree_id, layout.tree("bundles", tree_id), bundle.manifest(), bundle.owner, bundle.directories))
        starts.append(Meanwhile(partial(_check_start, layout, observation, name, bundle)))
    if verify == "none":
        checks = []
    environments = []
    lost: set[str] = set()
    for name, tree_id in sorted(current.virtualenvs.items()):
        receipt = records.environments.get(tree_id)
        if receipt is None or not layout.tree("environments", tree_id).is_dir():
            observation.broken["environments"].add(tree_id)
            _report_gone(layout, observation, f"virtualenv:{name}", "environments", tree_id)
        elif any(laid_id not in records.laid for laid_id in receipt.laid):
            observation.broken["environments"].add(tree_id)
            lost |= {laid_id for laid_id in receipt.laid if laid_id not in records.laid}
        else:
            environments.append(receipt)
    # Environments are put into place before the laid wheels that they share: a run cut off between the two lost nothing.
    cause = INTERRUPTED if layout.journal.exists() else TAMPERED
    for laid_id in sorted(lost):
        if str(layout.receipt("laid", laid_id)) not in records.unreadable:
            observation.findings.append(
                _store("missing", cause, "the receipt of a laid wheel", None, f"state/receipts/laid/{laid_id}.json")
            )
        observation.orphans.append(layout.tree("laid", laid_id))
    if verify != "none":
        used = also_laid.union(*(receipt.laid for receipt in environments))
        _verify(layout, observation, checks, environments, sorted(used), deep=verify == "deep", jobs=jobs)
    for start in starts:
        start.result()


def _report_gone(layout: Layout, observation: Observation, subject: str, kind: str, tree_id: str) -> None:
    """Report a tree that is gone, or one that is there and has lost its receipt; it stays until it is made anew."""
    expected, path = "installed", f"{kind}/{tree_id}"
    if os.path.lexists(layout.tree(kind, tree_id)) and tree_id not in getattr(observation.records, kind):
        observation.orphans.append(layout.tree(kind, tree_id))
        expected, path = "a receipt", f"state/receipts/{kind}/{tree_id}.json"
        if str(layout.receipt(kind, tree_id)) in observation.records.unreadable:
            return
    observation.findings.append(Finding(subject, "missing", "high", TAMPERED, expected, None, path, "Converge to install it again."))


def _check_start(layout: Layout, observation: Observation, name: str, bundle: BundleReceipt) -> None:
    tree = layout.tree("bundles", bundle.id)
    try:
        interpreter.check_version(tree / bundle.python["executable"], wanted=bundle.python["version"], subject=f"The bundle '{name}'")
    except BrokenInterpreter as error:
        observation.broken["bundles"].add(bundle.id)
        observation.findings.append(
            Finding(
                f"bundle:{name}",
                "not_runnable",
                "high",
                TAMPERED,
                f"Python {bundle.python['version']}",
                error.message,
                f"bundles/{bundle.id}/{bundle.python['executable']}",
                "Converge to install it again, or roll back.",
            )
        )


@dataclass
class _TreeCheck:
    kind: str
    id: str
    tree: Path
    manifest: Manifest
    owner: list[Any] | None
    hints: dict[str, list[int]] | object
    inspection: Inspection = field(init=False)

    def __post_init__(self) -> None:
        self.inspection = Inspection(self.tree, self.manifest, owner=self.owner, shares=self.kind == "environments")


def _verify(
    layout: Layout,
    observation: Observation,
    checks: list[_TreeCheck],
    environments: list[EnvironmentReceipt],
    used: list[str],
    *,
    deep: bool,
    jobs: int,
) -> None:
    records = observation.records
    laid_checks = {
        laid_id: _TreeCheck(
            "laid",
            laid_id,
            layout.tree("laid", laid_id),
            records.laid[laid_id].manifest(),
            records.laid[laid_id].owner,
            records.laid[laid_id].directories,
        )
        for laid_id in used
    }
    for check in [*checks, *laid_checks.values()]:
        check.inspection.all_by_stat(check.hints, list_all=deep)  # type: ignore[arg-type]
    # Other processes read the files while this one goes through the environments.
    digests = Meanwhile(lambda: _hash([*checks, *laid_checks.values()], {}, jobs=jobs)) if deep else None
    dirty_laid = {laid_id for laid_id, check in laid_checks.items() if check.inspection.differences}
    environment_checks = []
    for receipt in environments:
        check = _check_environment(layout, receipt, records.laid, dirty_laid, deep=deep)
        environment_checks.append((receipt, check))
    if digests is not None:
        own = [check for _receipt, check in environment_checks]
        told = _hash(own, digests.result(), jobs=jobs)
        streams: dict[_Inode, list[str]] = {}
        for check in [*checks, *laid_checks.values(), *own]:
            check.inspection.contents(told)
            check.inspection.streams(streams)
    _report(observation, checks, environment_checks, laid_checks)


def _check_environment(
    layout: Layout, receipt: EnvironmentReceipt, laid: dict[str, LaidReceipt], dirty_laid: set[str], *, deep: bool
) -> _TreeCheck:
    """Inspect an environment; one whose directories are untouched and whose wheels are whole needs no look at the shared files."""
    tree = layout.tree("environments", receipt.id)
    shares = receipt.link_mode == "hardlink" and all(laid[laid_id].stamp == stamp for laid_id, stamp in receipt.laid.items())
    if shares and not deep and not dirty_laid.intersection(receipt.laid):
        quick = _TreeCheck("environments", receipt.id, tree, receipt.own_manifest(), receipt.owner, receipt.directories)
        changed = quick.inspection.directories(receipt.directories)
        if not changed and not quick.inspection.differences:
            quick.inspection.files()
            quick.inspection.links()
            return quick
    check = _TreeCheck("environments", receipt.id, tree, receipt.manifest(laid), receipt.owner, receipt.directories)
    check.inspection.all_by_stat(receipt.directories, list_all=deep)
    return check


def _hash(checks: list[_TreeCheck], known: Mapping[_Inode, str], *, jobs: int) -> dict[_Inode, str]:
    """Hash each inode once, however many trees share it, and return the digests together with those that are known."""
    paths: dict[_Inode, str] = {}
    for check in checks:
        at = inside(check.tree)
        for path, inode in check.inspection.inodes.items():
            if inode not in paths and inode not in known:
                paths[inode] = at(path)
    return {**known, **hash_inodes(paths, count=core_count(jobs))}


def _report(
    observation: Observation,
    checks: list[_TreeCheck],
    environment_checks: list[tuple[EnvironmentReceipt, _TreeCheck]],
    laid_checks: dict[str, _TreeCheck],
) -> None:
    records = observation.records
    for check in checks:
        if check.inspection.differences:
            observation.broken["bundles"].add(check.id)
            observation.findings += bundle_findings(records.bundles[check.id], check.inspection.differences)
    shown: set[tuple[str, str]] = set()
    for receipt, check in environment_checks:
        if not check.inspection.differences:
            continue
        observation.broken["environments"].add(check.id)
        foreign = find_foreign(check.tree, receipt, records.laid)
        observation.findings += environment_findings(receipt, records.laid, check.inspection.differences, foreign)
        shown |= {(laid_id, difference.path) for laid_id in receipt.laid for difference in check.inspection.differences}
    for laid_id, check in laid_checks.items():
        if not check.inspection.differences:
            continue
        observation.broken["laid"].add(laid_id)
        users = [receipt for receipt, _check in environment_checks if laid_id in receipt.laid]
        for difference in without_consequences(check.inspection.differences):
            if not any((laid_id, receipt.target(records.laid[laid_id], difference.path)) in shown for receipt in users):
                observation.findings.append(shared_finding(laid_id, difference))


def _find_leftovers(layout: Layout, observation: Observation) -> None:
    """Find what no receipt speaks of: trees of runs that were cut off, and trees that lost their receipt."""
    records = observation.records
    known = {
        layout.bundles: set(records.bundles),
        layout.environments: set(records.environments),
        layout.laid: set(records.laid),
        layout.generations: {str(number) for number in records.generations},
    }
    if observation.current is not None and observation.current.number not in records.generations:
        observation.orphans.append(layout.generations / str(observation.current.number))
    cut_off = layout.journal.exists()
    for directory in _written_to(layout):
        known.setdefault(directory, {entry for entry in os.listdir(directory) if not entry.startswith((BUILDING, DISCARDED))})
    for directory, names in known.items():
        for entry in sorted(os.listdir(directory)) if directory.is_dir() else ():
            if entry in names or directory / entry in observation.orphans:
                continue
            begun = entry.startswith((BUILDING, DISCARDED))
            observation.leftovers.append(directory / entry)
            observation.findings.append(
                _store(
                    "interrupted" if begun else "unexpected",
                    INTERRUPTED if begun or cut_off else TAMPERED,
                    None,
                    "what a run that was cut off left" if begun else "a tree without a receipt",
                    str((directory / entry).relative_to(layout.root)),
                )
            )
    if layout.journal.exists():
        observation.leftovers.append(layout.journal)
        observation.findings.append(_store("interrupted", INTERRUPTED, None, "a run that did not end", "state/journal"))


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
