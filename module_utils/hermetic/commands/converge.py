# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring a root to what is declared."""

from __future__ import annotations

from typing import Any

from ..errors import CheckFailed, DiskFull, HermeticError
from ..free_space import size_text
from ..generations.root_mounts import is_unchangeable, program_problems, require_programs, require_writable, write_problems
from ..install.progress import Progress
from ..model.layout import Layout
from ..model.receipts import LaidReceipt
from ..model.request import Request
from ..planning import changes
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..planning.takeover import takeovers
from ..records.vouching import made_since, taken
from ..timings import Timings
from .observed_plan import file_names, observe_and_plan
from .result import Result, make_result, releases, rollout_of
from .root_access import reading, require_usable, secured, writing


def carry_out(request: Request, progress: Progress) -> Result:
    """Carry the request out on its root, and return the result."""
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    require_usable(layout)
    request, untrusted = secured(request, layout)
    # A root that nobody can change is verified all the same: an image that was made read-only on purpose is as declared, or is not.
    fixed = is_unchangeable(layout)
    holding = reading(layout, request, warnings) if request.check or fixed else writing(layout, request, warnings)
    with holding as waited:
        if waited >= 1:
            warnings.append(f"Waited {waited:.0f} s for another run on {layout.root}.")
        observation, plan = observe_and_plan(request, layout, timings, untrusted)
        taken_over: dict[str, LaidReceipt] = {}
        if not (request.check or fixed):
            taken_over = _take_over(layout, observation, warnings, progress)
            if taken_over:
                observation, plan = observe_and_plan(request, layout, timings, untrusted)
        warnings += observation.warnings
        before, reached = observation.in_force, plan.target or observation.current
        changed = changes.of_plan(plan, observation, file_name=file_names(request, layout, observation.records))
        before_it = taken(observation.records, without=taken_over) if taken_over else None
        checks: list[dict[str, Any]] = []
        if plan.checked or plan.proved_first:
            from ..install.checking import require_accounts

            require_accounts((*plan.checked, *plan.proved_first))
        if plan.changes:
            warnings += _against_mounts(plan, layout, check=request.check)
            # Fetching and building are half of the engine's code, which most runs have no use for.
            from ..install.apply import apply, require_room

            needed = require_room(plan, observation, request, layout)
            if not request.check:
                before_it = taken(observation.records, without=taken_over)
                try:
                    warnings += apply(plan, observation, request, layout, timings=timings, progress=progress, checks=checks)
                except DiskFull as error:
                    raise DiskFull(f"{error.message} This run needs about {size_text(needed)}.", error.problems) from error
                except CheckFailed as error:
                    # What was installed stays for the next run, and whoever sent the request remembers it as made by this one.
                    error.facts |= {"manifests": made_since(before_it, observation.records, taken_over=taken_over), "warnings": warnings}
                    raise
        if request.check or not plan.changes:
            warnings += plan.unrepairable
        numbers = [each.number if each is not None else None for each in (before, reached)]
        result = make_result(plan, layout.root, *numbers, changed=plan.changes, timings=timings, warnings=warnings)
        in_force = observation.in_force if request.check else reached
        result["bundles"] = releases(in_force, observation.records, plan)
        result.update(rollout_of(in_force))
        if checks:
            result["checks"] = checks
        if before_it is not None:
            result["manifests"] = made_since(before_it, observation.records, taken_over=taken_over)
        return {**result, **changed.as_dict()}


def _take_over(layout: Layout, observation: Observation, warnings: list[str], progress: Progress) -> dict[str, LaidReceipt]:
    """Take over what an earlier release unpacked, and return the receipts that it had there by the identifiers of now.

    It is the engine's own affair and no change of the host. What is in the way leaves everything as it is: that serves as it did.
    """
    found = takeovers(observation.records, broken=observation.broken["laid"])
    if not found or observation.leftovers or observation.orphans or write_problems(layout):
        return {}
    # For one run in the life of a root.
    from ..install.takeover import take_over

    try:
        warnings += take_over(layout, observation.records, found, progress=progress)
    except (OSError, HermeticError) as error:
        warnings.append(
            f"What an earlier release unpacked below {layout.root} stays as it is; wheels are unpacked again when needed. {error}"
        )
        return {}
    return {each.now.id: each.earlier for each in found if not each.is_twin}


def _against_mounts(plan: Plan, layout: Layout, *, check: bool) -> list[str]:
    """Raise BrokenRoot where the mounts of the root do not let a plan be carried out; in check mode, return why as warnings."""
    installs = bool(plan.install or plan.environments)
    if check:
        return [*write_problems(layout), *(program_problems(layout) if installs else ())]
    require_writable(layout)
    if installs:
        require_programs(layout)
    return []
