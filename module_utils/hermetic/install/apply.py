# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carry out a plan: fetch everything first, then build offline, switch once, and prune."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ..errors import HermeticError
from ..generations.prune import find_garbage, is_recorded, remove, remove_leftovers
from ..model.layout import Layout
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..records import transaction_marker
from ..timings import Timings
from .artifact_fetching import ArtifactFetching
from .checked_switch import prove, switch
from .disk_space import needed_bytes, refuse_full
from .installer import Store
from .needed import needed_artifacts
from .progress import Progress
from .root_repair import repair_root
from .switch_back import go_back_first, kept_back


def apply(
    plan: Plan,
    observation: Observation,
    request: Request,
    layout: Layout,
    *,
    timings: Timings,
    progress: Progress,
    checks: list[dict[str, Any]],
) -> list[str]:
    """Carry out a plan, and return the warnings; ``checks`` gets what results say of the checks. The caller holds the lock of the root.

    Until the switch, an error leaves the generation in force untouched and removes what was begun. Raises CheckFailed where checks failed:
    nothing was switched then, or the generation of before is in force again.
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
    unproved = observation.unproved
    checked_again = unproved.generation if unproved is not None and observation.back_from is None else None
    begun = plan.target.number if plan.target is not None else checked_again
    checks_after = {tree.subject for tree in plan.checked if tree.after}
    steps = [step.as_dict() for step in plan.steps]
    with (
        transaction_marker.held(layout, steps, generation=begun, checks=checks_after, unproved=unproved, ends_all=True),
        kept_back(layout, observation),
    ):
        with timings.of("prune"):
            store.warnings += remove_leftovers(leftover for leftover in observation.leftovers if leftover != layout.transaction_marker)
        if observation.back_from is not None:
            progress("switch back from what cannot be proved")
            with timings.of("switch"):
                store.warnings += go_back_first(layout, observation)
        if plan.proved_first:
            store.warnings += prove(plan, observation, request, layout, timings=timings, progress=progress, checks=checks)
        needed = needed_artifacts(plan, observation, request, layout)
        fetching = ArtifactFetching(layout, request, progress, store.warnings)
        with timings.of("fetch"):
            fetching.remove_unusable(needed.first().values())
        with store.unpacking_ahead(plan.install, needed.bundles, unpacked=request.unpacked) as ahead:
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
        # What was replaced is pruned after it: a failed check goes back there.
        store.warnings += switch(plan, observation, request, layout, timings=timings, progress=progress, checks=checks)
        with timings.of("prune"):
            store.warnings += remove_leftovers(orphan for orphan in observation.orphans if not is_recorded(orphan, observation.records))
            current = plan.target or observation.current
            garbage = find_garbage(layout, observation.records, current, keep=request.options.keep_generations)
            store.warnings += remove(layout, observation.records, garbage)
    return store.warnings


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
