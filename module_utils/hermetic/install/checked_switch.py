# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch of a plan between its checks: not made where one before it fails, and taken back where one after it does."""

from __future__ import annotations

from typing import Any

from ..errors import CheckFailed
from ..generations import profile
from ..model.layout import Layout
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..records import transaction_marker
from ..text.counting import counted
from ..timings import Timings
from .checking import Checking, changed_by_checks
from .consistency import find_inconsistencies
from .failed_switch import sides, switched_back
from .progress import Progress

_CHANGED, _INCONSISTENT = "Checks changed what was installed", "Environments are not consistent"


def switch(
    plan: Plan,
    observation: Observation,
    request: Request,
    layout: Layout,
    *,
    timings: Timings,
    progress: Progress,
    checks: list[dict[str, Any]],
) -> list[str]:
    """Switch to the target of a plan, or restore the links, and return warnings; ``checks`` gets what results say of the checks.

    Raises CheckFailed where checks failed. Those before the switch that fail leave the generation in force untouched. After those that
    fail after it, the generation that was in force before is so again; where there was none, none is.
    """
    target = plan.target or observation.current
    with timings.of("check"):
        warnings, inconsistent = _inconsistent(plan, observation, request, layout)
    if inconsistent and not plan.checked:
        raise CheckFailed(f"{_INCONSISTENT}; nothing was switched.", inconsistent, {"generation": sides(observation.current)})
    if not plan.checked or target is None:
        with timings.of("switch"):
            return warnings + _switch(plan, observation, layout, progress)
    checking = Checking(plan.checked, layout, request, progress=progress, beside=layout.environments)
    try:
        with timings.of("check"):
            failed = checking.run("before", target, observation.records)
            changed: list[str] = []
            if checking.may_have_changed_trees:
                changed = changed_by_checks(layout, observation, plan.checked, target, jobs=request.options.jobs)
            problems = [
                *inconsistent,
                *(end.sentence for end in failed),
                *(f"A check changed what was installed: {line}" for line in changed),
            ]
        if problems:
            failures = f"{counted(len(failed), 'check')} failed before the switch" if failed else None
            what = "; ".join(filter(None, [failures, _CHANGED if changed else None, _INCONSISTENT if inconsistent else None]))
            outcome = "nothing was switched" if plan.target is not None else "no other generation was put in force"
            raise CheckFailed(
                f"{what}; {outcome}.",
                problems,
                {"switched_back": False, "generation": sides(observation.current), "checks": checking.facts()},
            )
        with timings.of("switch"):
            warnings += _switch(plan, observation, layout, progress)
        with timings.of("check"):
            failed = checking.run("after", target, observation.records)
        if failed:
            with timings.of("switch"):
                raise switched_back(failed, target, plan=plan, observation=observation, layout=layout, checking=checking, progress=progress)
        if any(tree.after for tree in plan.checked):
            # What is cut off from here on is not to be gone back from.
            transaction_marker.proved(layout)
        return warnings + checking.warnings
    finally:
        checks += checking.facts()


def _inconsistent(plan: Plan, observation: Observation, request: Request, layout: Layout) -> tuple[list[str], list[str]]:
    """Return warnings about environments that are new or lead elsewhere than before, and what keeps them from being put into force."""
    now, before = (each.virtualenvs if each is not None else {} for each in (plan.target or observation.current, observation.current))
    built = {each.id for each in plan.environments}
    new = {name: tree_id for name, tree_id in now.items() if before.get(name) != tree_id or tree_id in built}
    if request.options.consistency == "ignore" or not new:
        return [], []
    found = find_inconsistencies(layout, observation.records, new)
    warnings = []
    if found.not_compared:
        names = ", ".join(found.not_compared)
        warnings.append(f"The requirements of {names} were not compared: that takes a bundle with Python 3.11 or newer.")
    if request.options.consistency == "error":
        return warnings, found.problems
    if found.problems:
        warnings.append(f"{_INCONSISTENT}: {'; '.join(found.problems)}.")
    return warnings, []


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


def prove(
    plan: Plan,
    observation: Observation,
    request: Request,
    layout: Layout,
    *,
    timings: Timings,
    progress: Progress,
    checks: list[dict[str, Any]],
) -> list[str]:
    """Run the checks after the switch of the generation in force, of which an earlier run left open whether they pass; returns warnings.

    Raises CheckFailed where one fails: the generation before is in force again then, and nothing else was done.
    """
    current = observation.current
    if current is None or observation.unproved is None:
        return []
    checking = Checking(plan.proved_first, layout, request, progress=progress, beside=layout.environments)
    try:
        if observation.profile_broken:
            # The run was cut off among the links of the switch.
            with timings.of("switch"):
                checking.warnings += profile.activate(layout, current, observation.records)
        with timings.of("check"):
            failed = checking.run("after", current, observation.records)
        if failed:
            with timings.of("switch"):
                raise switched_back(
                    failed, current, plan=plan, observation=observation, layout=layout, checking=checking, progress=progress
                )
        transaction_marker.proved(layout)
        observation.unproved = None
        return checking.warnings
    finally:
        checks += checking.facts()
