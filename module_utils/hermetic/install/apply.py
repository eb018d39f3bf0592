# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a plan: fetch everything first, then build offline, switch once, and prune."""

from __future__ import annotations

from collections.abc import Collection

from ..errors import HermeticError
from ..generations import profile
from ..generations.prune import find_garbage, is_recorded, remove, remove_leftovers
from ..model.layout import Layout
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..records import transaction_marker
from ..timings import Timings
from .artifact_fetching import ArtifactFetching
from .disk_space import needed_bytes, refuse_full
from .installer import Store
from .needed import needed_artifacts
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
        needed = needed_artifacts(plan, observation, request, layout)
        fetching = ArtifactFetching(layout, request, progress, store.warnings)
        with timings.of("fetch"):
            fetching.remove_unusable(needed.first().values())
        with store.unpacking_ahead(plan.install, needed.bundles) as ahead:
            with timings.of("fetch"), ahead.running():
                prebuilt = fetching.fetch_needed(needed, arrivals=ahead.arrivals)
            # Now the wheels are here and say what they hold.
            require_room(plan, observation, request, layout, unpacked=ahead.unpacked)
            with timings.of("install"):
                for bundle in plan.install:
                    artifact = needed.bundles[bundle.sha256]
                    stored = layout.artifact(artifact.sha256, artifact.filename)
                    store.install_bundle(bundle, artifact, stored, unpacked=ahead.take(bundle.sha256))
        with timings.of("build"):
            if plan.environments:
                store.build(
                    plan.environments, reinstall=plan.reinstall, artifacts=needed.wheels, prebuilt=prebuilt, fetch_wheels=fetching.fetch
                )
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


def require_room(plan: Plan, observation: Observation, request: Request, layout: Layout, *, unpacked: Collection[str] = ()) -> int:
    """Return about how many bytes a plan needs; raises DiskFull when the file system of the root has not that much left.

    What is ``unpacked`` already, by the digests of its archives, needs no more.
    """
    if plan.unrepairable:
        return 0
    artifacts = needed_artifacts(plan, observation, request, layout).first()
    needed = needed_bytes({sha256: artifact for sha256, artifact in artifacts.items() if sha256 not in unpacked}, layout)
    if request.options.check_free_space:
        refuse_full(layout.root, needed)
    return needed
