# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Observe a root and plan for it: what converge and drift have in common."""

from __future__ import annotations

from collections.abc import Callable

from ..generations import root_trust
from ..generations.prune import find_garbage
from ..inspect.observe import observe, observe_reused
from ..model.layout import Layout
from ..model.receipts import Records
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan, make_plan
from ..planning.reused import reused
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


def _make_plan(request: Request, observation: Observation, layout: Layout) -> Plan:
    return make_plan(request.declaration, observation, file_name=file_names(request, layout, observation.records), now=now())


def file_names(request: Request, layout: Layout, records: Records) -> Callable[[str], str]:
    """Return a function that gives the file name of an artifact by its digest."""
    # A wheel that was prebuilt need not be stored itself.
    unpacked = {receipt.wheel: receipt.filename for receipt in records.laid.values()}
    return lambda sha256: unpacked.get(sha256) or find_artifact(sha256, request.artifacts, layout).filename
