# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Say how a root differs from what is declared; changes nothing."""

from __future__ import annotations

from typing import Any

from ..inspect.other_pythons import find_foreign_pythons
from ..install.progress import Progress
from ..model.layout import Layout
from ..model.request import Request
from ..planning.plan import Plan
from ..timings import Timings
from .observed_plan import observe_and_plan
from .result import Result, make_result, releases, rollout_of
from .root_access import reading, require_usable, secured


def carry_out(request: Request, progress: Progress) -> Result:
    """Carry the request out on its root, and return the result."""
    layout, timings = Layout(request.root), Timings()
    warnings: list[str] = []
    require_usable(layout)
    request, untrusted = secured(request, layout)
    with reading(layout, request, warnings):
        observation, plan = observe_and_plan(request, layout, timings, untrusted)
        checks: list[Any] | None = None
        if request.options.run_checks and request.declaration is not None:
            if untrusted:
                warnings.append(
                    f"No check was run, since another user may change what is below {layout.root}. Converge to take the root back."
                )
            else:
                # Most runs start no program of others.
                from ..install.health import check_health

                with timings.of("check"):
                    health = check_health(layout, observation, request.declaration, request, progress=progress)
                plan.findings += health.findings
                warnings += health.warnings
                checks = health.checks
    outdated = None
    if request.options.processes:
        # As for the command info.
        from ..findings.outdated import outdated_findings
        from ..inspect.outdated_processes import find_outdated

        outdated = find_outdated(layout, observation.records, observation.current)
        plan.findings += outdated_findings(outdated)
        warnings += [text for text in [outdated.incomplete()] if text is not None]
    number = observation.current.number if observation.current else None
    result = make_result(plan, layout.root, number, number, changed=False, timings=timings, warnings=warnings + plan.unrepairable)
    result["bundles"] = releases(observation.current, observation.records, Plan())
    result.update(rollout_of(observation.current))
    if checks is not None:
        result["checks"] = checks
    if request.options.verify == "deep":
        result["vouched"] = {"known": len(observation.vouched), "unknown": sorted(observation.unvouched - observation.vouched)}
    if outdated is not None:
        result["processes"] = outdated.as_dict()
    if request.options.foreign_pythons:
        with timings.of("foreign_pythons"):
            result["foreign"] = find_foreign_pythons(layout.root)
    return result
