# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how a root differs from what is declared; changes nothing."""

from __future__ import annotations

from ..inspect.other_pythons import find_foreign_pythons
from ..install.progress import Progress
from ..model.layout import Layout
from ..model.request import Request
from ..planning.plan import Plan
from ..timings import Timings
from .observed_plan import observe_and_plan
from .result import Result, make_result, releases
from .root_access import reading, require_usable, secured


def carry_out(request: Request, _progress: Progress) -> Result:
    """Carry the request out on its root, and return the result."""
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    require_usable(layout)
    request, untrusted = secured(request, layout)
    with reading(layout, request, warnings):
        observation, plan = observe_and_plan(request, layout, timings, untrusted)
    number = observation.current.number if observation.current else None
    result = make_result(plan, layout.root, number, number, changed=False, timings=timings, warnings=warnings + plan.unrepairable)
    result["bundles"] = releases(observation.current, observation.records, Plan())
    if request.options.verify == "deep":
        result["vouched"] = {"known": len(observation.vouched), "unknown": sorted(observation.unvouched - observation.vouched)}
    if request.options.foreign_pythons:
        with timings.of("foreign_pythons"):
            result["foreign"] = find_foreign_pythons(layout.root)
    return result
