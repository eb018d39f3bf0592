# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the trees of a generation are what their receipts say, each shared file inspected once; changes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..findings.finding import Finding
from ..findings.tree_findings import (
    bundle_findings,
    environment_findings,
    shared_findings,
    with_code_gone,
    without_consequences,
)
from ..fs.extended_attributes import Known
from ..model.layout import Layout
from ..model.manifest import Manifest
from ..model.receipts import DirectoryTimes, EnvironmentReceipt, Generation, LaidReceipt, TreeOwner
from ..paths import Inode
from ..planning.observation import Observation
from ..process.background import BackgroundWork
from .bundle_start import check_start
from .foreign_packages import find_foreign
from .lost_trees import report_gone, report_lost_receipt
from .tree import POSIX, Inspection
from .tree_contents import Contents
from .whole_trees import RecordedTree, WholeTrees, find_whole

# Differences after which a bundle may run what nobody published.
_FOREIGN_CODE = ("modified", "unexpected", "link")


def check_trees(
    layout: Layout,
    observation: Observation,
    current: Generation,
    *,
    verify: str,
    jobs: int,
    also_laid: frozenset[str] = frozenset(),
    also_read: Mapping[Inode, str] | None = None,
) -> dict[Inode, str]:
    """Add a finding for each difference between the trees of a generation and their receipts; ``verify`` as for ``observe``.

    ``also_read`` are further files to hash where files are hashed; the digests of all are returned.
    """
    records = observation.records
    checks: list[_TreeCheck] = []
    # To start an interpreter is mostly to wait.
    starts: list[BackgroundWork[Finding | None]] = []
    later: dict[str, Callable[[], Finding | None]] = {}
    for name, tree_id in sorted(current.bundles.items()):
        bundle = records.bundles.get(tree_id)
        if bundle is None or not layout.tree("bundles", tree_id).is_dir():
            observation.broken["bundles"].add(tree_id)
            report_gone(layout, observation, f"bundle:{name}", "bundles", tree_id)
            continue
        tree = layout.tree("bundles", tree_id)
        checks.append(
            _TreeCheck(
                "bundles",
                tree_id,
                tree,
                bundle.manifest(),
                bundle.owner,
                bundle.directories,
                reads=verify == "deep",
                finished=_written(layout, "bundles", tree_id),
            )
        )
        start = partial(check_start, layout, observation, name, bundle)
        if verify == "deep":
            later[tree_id] = start
        else:
            starts.append(BackgroundWork(start))
    if verify == "none":
        checks = []
    environments = []
    lost: set[str] = set()
    for name, tree_id in sorted(current.virtualenvs.items()):
        receipt = records.environments.get(tree_id)
        if receipt is None or not layout.tree("environments", tree_id).is_dir():
            observation.broken["environments"].add(tree_id)
            report_gone(layout, observation, f"virtualenv:{name}", "environments", tree_id)
        elif any(laid_id not in records.laid for laid_id in receipt.laid):
            observation.broken["environments"].add(tree_id)
            lost |= {laid_id for laid_id in receipt.laid if laid_id not in records.laid}
        else:
            environments.append(receipt)
    for laid_id in sorted(lost):
        report_lost_receipt(layout, observation, laid_id)
    digests: dict[Inode, str] = {}
    if verify != "none":
        used = also_laid.union(*(receipt.laid for receipt in environments))
        further = (also_read or {}) if verify == "deep" else {}
        digests = _verify(layout, observation, checks, environments, sorted(used), further, deep=verify == "deep", jobs=jobs)
    found: list[Finding | None] = []
    for check in checks:
        # What somebody put into a bundle shall not run as root because root checks whether it starts.
        if check.id in later and not any(difference.kind in _FOREIGN_CODE for difference in check.inspection.differences):
            found.append(later[check.id]())
    for started in starts:
        found.append(started.result())
    # What was found of the same file already says who may change it.
    known = {finding.path for finding in observation.findings}
    observation.findings += [each for each in found if each is not None and each.path not in known]
    return digests


@dataclass
class _TreeCheck:
    kind: str
    id: str
    tree: Path
    manifest: Manifest
    owner: TreeOwner | None
    times: DirectoryTimes
    reads: bool = False
    finished: int = 0
    carried: Known = field(default_factory=dict)
    inspection: Inspection = field(init=False)

    def __post_init__(self) -> None:
        self.inspection = Inspection(
            self.tree,
            self.manifest,
            owner=self.owner,
            shares=self.kind == "environments",
            reads=self.reads,
            # What only a change made after the receipt could bring is found by the time of change; a deep verification asks every file.
            finished=0 if self.reads else self.finished,
            carried=self.carried,
        )


def _verify(
    layout: Layout,
    observation: Observation,
    checks: list[_TreeCheck],
    environments: list[EnvironmentReceipt],
    used: list[str],
    further: Mapping[Inode, str],
    *,
    deep: bool,
    jobs: int,
) -> dict[Inode, str]:
    records = observation.records
    carried: Known = {}
    finished = {laid_id: _written(layout, "laid", laid_id) for laid_id in used}
    for tree_id, receipt in records.environments.items():
        # Linking a file changes it, as far as the system is concerned.
        written = _written(layout, "environments", tree_id) if finished.keys() & receipt.laid.keys() else 0
        finished.update({laid_id: max(finished[laid_id], written) for laid_id in receipt.laid if laid_id in finished})
    laid_checks = {
        laid_id: _TreeCheck(
            "laid",
            laid_id,
            layout.tree("laid", laid_id),
            records.laid[laid_id].manifest(),
            records.laid[laid_id].owner,
            records.laid[laid_id].directories,
            reads=deep,
            finished=finished[laid_id],
            carried=carried,
        )
        for laid_id in used
    }
    trees = [*checks, *laid_checks.values()]
    whole = WholeTrees()
    if deep and POSIX:
        recorded = [RecordedTree(each.kind, each.id, each.tree, each.manifest, each.owner) for each in trees]
        whole, further = find_whole(layout, recorded, environments, records.laid, further, jobs=jobs), {}
    suspect = [check for check in trees if (check.kind, check.id) not in whole.found]
    for check in suspect:
        check.inspection.all_by_stat(check.times, list_all=deep)
    dirty_laid = {laid_id for laid_id, check in laid_checks.items() if check.inspection.differences}
    doubtful = [receipt for receipt in environments if ("environments", receipt.id) not in whole.found]
    contents = None
    if further or (deep and (suspect or doubtful)):
        contents = Contents([check.inspection for check in suspect], whole.digests(), further, jobs=jobs)
    environment_checks = []
    for receipt in doubtful:
        check = _check_environment(layout, receipt, records.laid, dirty_laid, carried, deep=deep)
        environment_checks.append((receipt, check))
        if contents is not None:
            contents.compare(check.inspection)
            # Of twenty environments, what they hold would be most of the memory of a run.
            check.manifest = Manifest()
    if contents is not None:
        for check in suspect:
            contents.compare(check.inspection)
    _report(observation, checks, environment_checks, laid_checks)
    return contents.digests() if contents is not None else dict(whole.further)


def _check_environment(
    layout: Layout, receipt: EnvironmentReceipt, laid: dict[str, LaidReceipt], dirty_laid: set[str], carried: Known, *, deep: bool
) -> _TreeCheck:
    """Inspect an environment; one whose directories are untouched and whose wheels are whole needs no inspection of the shared files."""
    tree = layout.tree("environments", receipt.id)
    finished = _written(layout, "environments", receipt.id)
    shares = receipt.link_mode == "hardlink" and all(laid[laid_id].stamp == stamp for laid_id, stamp in receipt.laid.items())
    if shares and not deep and not dirty_laid.intersection(receipt.laid):
        quick = _TreeCheck("environments", receipt.id, tree, receipt.own_manifest(), receipt.owner, receipt.directories, finished=finished)
        changed = quick.inspection.directories(receipt.directories)
        if not changed and not quick.inspection.differences:
            quick.inspection.files()
            quick.inspection.links()
            return quick
    check = _TreeCheck(
        "environments",
        receipt.id,
        tree,
        receipt.manifest(laid),
        receipt.owner,
        receipt.directories,
        reads=deep,
        finished=finished,
        carried=carried,
    )
    check.inspection.all_by_stat(receipt.directories, list_all=deep)
    return check


def _written(layout: Layout, kind: str, tree_id: str) -> int:
    """Return when the receipt of a tree was written, which is when the last of our own changes to the tree was done."""
    try:
        return os.lstat(layout.receipt(kind, tree_id)).st_mtime_ns
    except OSError:
        return 0


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
        unseen = [
            difference
            for difference in without_consequences(check.inspection.differences)
            if not any((laid_id, receipt.target(records.laid[laid_id], difference.path)) in shown for receipt in users)
        ]
        observation.findings += shared_findings(laid_id, unseen, with_code_gone(check.inspection.differences))
