# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe a root and plan for it: what converge and drift have in common."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import InvalidRequest
from ..generations import root_trust
from ..generations.prune import find_garbage
from ..inspect.observe import observe, observe_reused
from ..model.layout import Layout
from ..model.receipts import Records
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan, make_plan
from ..planning.reused import Reused, reused
from ..planning.step import Step
from ..records.stored_artifacts import find_artifact
from ..timings import Timings
from .result import now


def observe_and_plan(request: Request, layout: Layout, timings: Timings, untrusted: list[root_trust.Untrusted]) -> tuple[Observation, Plan]:
    """Return what a root holds and what is to be done there; a tree that the plan takes into use again is inspected as well."""
    with timings.of("observe"):
        observation = observe(layout, verify=request.options.verify, jobs=request.options.jobs, known=request.known)
    root_trust.report(untrusted, observation, layout.root)
    with timings.of("plan"):
        plan = _make_plan(request, observation, layout)
    if observation.unproved is not None and not plan.provable:
        plan = _without_what_is_unproved(request, observation, layout, timings)
    with timings.of("plan"):
        again = reused(plan, observation)
    if again is not None and again.any():
        with timings.of("observe"):
            observe_reused(layout, observation, again, verify=request.options.verify, jobs=request.options.jobs, known=request.known)
        plan = _make_plan(request, observation, layout)
    with timings.of("plan"):
        if not plan.steps:
            garbage = find_garbage(layout, observation.records, observation.current, keep=request.options.keep_generations)
            if garbage.any():
                plan.steps.append(Step("prune", "store", "generations, trees or artifacts are needed by nothing"))
    return observation, plan


def _without_what_is_unproved(request: Request, observation: Observation, layout: Layout, timings: Timings) -> Plan:
    """Plan from the generation before the one in force, whose checks did not end and cannot be repeated by this request.

    Where there is none to go back to, that one stays, with a warning.
    """
    unproved = observation.current
    previous = observation.records.generations.get(unproved.previous or 0) if unproved is not None else None
    if unproved is None or request.command != "converge":
        return _make_plan(request, observation, layout)
    seen = Observation(records=observation.records)
    if previous is not None:
        with timings.of("observe"):
            trees = Reused(previous, frozenset())
            observe_reused(layout, seen, trees, verify=request.options.verify, jobs=request.options.jobs, known=request.known)
    open_checks = (
        f"Generation {unproved.number} is in force, a run was cut off before its checks after the switch ended, and this declaration "
        "cannot repeat them, since it has not the same trees"
    )
    if previous is None or seen.findings:
        why = seen.findings[0].line() if seen.findings else f"generation {unproved.previous} is not on this host any more"
        observation.warnings.append(
            f"{open_checks}. It stays, since there is nothing to go back to: {'it is the first' if unproved.previous is None else why}."
        )
        observation.unproved = None
        return _make_plan(request, observation, layout)
    observation.current, observation.back_from, observation.profile_broken = previous, unproved, False
    try:
        return _make_plan(request, observation, layout)
    except InvalidRequest as error:
        raise InvalidRequest(
            f"{open_checks}; so generation {previous.number} is to be in force again, on which: {error.message} "
            "Converge to the declaration of the whole host.",
            error.problems,
        ) from error


def _make_plan(request: Request, observation: Observation, layout: Layout) -> Plan:
    named = file_names(request, layout, observation.records)
    return make_plan(request.declaration, observation, file_name=named, now=now(), rollout=request.rollout)


def file_names(request: Request, layout: Layout, records: Records) -> Callable[[str], str]:
    """Return a function that gives the file name of an artifact by its digest."""
    # A wheel that was prebuilt need not be stored itself.
    unpacked = {receipt.wheel: receipt.filename for receipt in records.laid.values()}
    return lambda sha256: unpacked.get(sha256) or find_artifact(sha256, request.artifacts, layout).filename
