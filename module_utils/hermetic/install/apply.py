# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a plan: fetch everything first, then build offline, switch once, and prune."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from ..errors import HermeticError
from ..fetching.arrival import Arrival
from ..fetching.fetch import fetch_all, verified
from ..fs.own_files import is_our_directory
from ..fs.removal import remove_tree
from ..generations import profile
from ..generations.prune import find_garbage, is_recorded, remove, remove_leftovers
from ..model.artifact import Artifact
from ..model.layout import Layout, laid_id
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..records import transaction_marker
from ..records.stored_artifacts import find_artifact
from ..text.counting import counted
from ..timings import Timings
from .disk_space import needed_bytes, refuse_full
from .installer import Store
from .progress import Progress
from .root_repair import repair_root


def apply(plan: Plan, observation: Observation, request: Request, layout: Layout, *, timings: Timings, progress: Progress) -> list[str]:
    """Carry out a plan, and return the warnings. The caller holds the lock of the root.

    Until the switch, an error leaves the generation in force untouched and removes what was begun.
    """
    if plan.unrepairable:
        raise HermeticError("The host cannot be repaired from its own records; nothing was changed.", plan.unrepairable)
    store = Store(
        layout,
        observation.records,
        jobs=request.options.jobs,
        link_mode=request.options.link_mode,
        unpack_limit=request.options.unpack_limit,
        progress=progress,
    )
    # First of all: what a flag or a mode keeps from being written would be met halfway otherwise.
    store.warnings += repair_root(layout, observation.repairs)
    store.prepare()
    begun = plan.target.number if plan.target is not None else None
    with transaction_marker.held(layout, [step.as_dict() for step in plan.steps], generation=begun, ends_all=True):
        with timings.of("prune"):
            store.warnings += remove_leftovers(leftover for leftover in observation.leftovers if leftover != layout.transaction_marker)
        artifacts = needed_artifacts(plan, observation, request, layout)
        with timings.of("fetch"):
            _remove_unusable(artifacts, layout)
        with store.unpacking_ahead(plan.install, artifacts) as ahead:
            with timings.of("fetch"), ahead.running():
                _fetch(artifacts, request, layout, progress, arrivals=ahead.arrivals)
            # Now the wheels are here and say what they hold.
            require_room(plan, observation, request, layout, unpacked=ahead.unpacked)
            with timings.of("install"):
                for bundle in plan.install:
                    artifact = artifacts[bundle.sha256]
                    stored = layout.artifact(artifact.sha256, artifact.filename)
                    store.install_bundle(bundle, artifact, stored, unpacked=ahead.take(bundle.sha256))
        with timings.of("build"):
            if plan.environments:
                store.build(plan.environments, reinstall=plan.reinstall, artifacts=artifacts)
        with timings.of("switch"):
            store.warnings += _switch(plan, observation, layout, progress)
        with timings.of("prune"):
            store.warnings += remove_leftovers(orphan for orphan in observation.orphans if not is_recorded(orphan, observation.records))
            current = plan.target or observation.current
            garbage = find_garbage(layout, observation.records, current, keep=request.options.keep_generations)
            store.warnings += remove(layout, observation.records, garbage)
    return store.warnings


def _switch(plan: Plan, observation: Observation, layout: Layout, progress: Progress) -> list[str]:
    warnings: list[str] = []
    if plan.target is not None:
        progress(f"switch to generation {plan.target.number}")
        try:
            warnings = profile.activate(layout, plan.target, observation.records)
        except BaseException:
            if profile.current_number(layout) != plan.target.number:
                profile.forget(layout, plan.target.number)
            raise
        observation.records.generations[plan.target.number] = plan.target
    elif observation.current is not None and (
        plan.restore_profile or profile.shows_what_was(layout, observation.current, observation.records.bundles)
    ):
        progress(f"restore the links of generation {observation.current.number}")
        warnings = profile.activate(layout, observation.current, observation.records)
        observation.records.generations[observation.current.number] = observation.current
    return warnings


def needed_artifacts(plan: Plan, observation: Observation, request: Request, layout: Layout) -> dict[str, Artifact]:
    """Return the artifacts that a plan works from, wherever they are to come from."""
    needed = [bundle.sha256 for bundle in plan.install]
    for each in plan.environments:
        byte_code = plan.byte_code(each.bundle_id, observation.records)
        for wheel in each.declared.wheels:
            # Without knowing it, none can be taken for unpacked: whatever the bundle proves to need is at hand then.
            name = laid_id(wheel, byte_code=byte_code) if byte_code is not None else ""
            if name not in observation.records.laid or name in plan.reinstall:
                needed.append(wheel)
    return {sha256: find_artifact(sha256, request.artifacts, layout) for sha256 in dict.fromkeys(needed)}


def require_room(plan: Plan, observation: Observation, request: Request, layout: Layout, *, unpacked: Collection[str] = ()) -> int:
    """Return about how many bytes a plan needs; raises DiskFull when the file system of the root has not that much left.

    What is ``unpacked`` already, by the digests of its archives, needs no more.
    """
    if plan.unrepairable:
        return 0
    artifacts = needed_artifacts(plan, observation, request, layout)
    needed = needed_bytes({sha256: artifact for sha256, artifact in artifacts.items() if sha256 not in unpacked}, layout)
    if request.options.check_free_space:
        refuse_full(layout.root, needed)
    return needed


def _remove_unusable(artifacts: Mapping[str, Artifact], layout: Layout) -> None:
    """Remove those stored artifacts that are not, or might not stay, what their digest says."""
    for artifact in artifacts.values():
        stored = layout.artifact(artifact.sha256, artifact.filename)
        if os.path.lexists(stored.parent) and not is_our_directory(stored.parent):
            # Whoever may write the directory could swap the artifact after it was verified.
            remove_tree(stored.parent)
        elif os.path.lexists(stored) and not verified(stored, artifact.sha256):
            # The store's own copy was damaged: what is unpacked comes from a verified artifact or not at all.
            remove_tree(stored)


def _fetch(
    artifacts: Mapping[str, Artifact], request: Request, layout: Layout, progress: Progress, *, arrivals: Mapping[str, Arrival]
) -> None:
    missing = [artifact for artifact in artifacts.values() if not layout.artifact(artifact.sha256, artifact.filename).exists()]
    if missing:
        progress(f"fetch {counted(len(missing), 'artifact')}")

    def destination(artifact: Artifact) -> Path:
        return layout.artifact(artifact.sha256, artifact.filename)

    fetch_all(
        missing,
        destination,
        timeout=request.options.timeout,
        retries=request.options.retries,
        credentials=request.credentials,
        ca_path=request.options.ca_path,
        download_timeout=request.options.download_timeout,
        minimum_rate=request.options.minimum_rate,
        maximum_size=request.options.maximum_size,
        arrivals=arrivals,
    )
