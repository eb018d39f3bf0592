# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The answer to a request, made from a plan."""

from __future__ import annotations

import datetime
from pathlib import PurePath
from typing import Any

from ..findings.finding import Finding
from ..model.receipts import Generation, Records
from ..planning.plan import Plan
from ..timings import Timings

Result = dict[str, Any]


def now() -> str:
    """Return the present time as records carry it."""
    return datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0).isoformat().replace("+00:00", "Z")


def make_result(
    plan: Plan, root: PurePath, before: int | None, after: int | None, *, changed: bool, timings: Timings, warnings: list[str]
) -> Result:
    """Return what every command answers; the paths of findings are made absolute."""
    findings = sorted(plan.findings, key=lambda finding: (finding.subject, finding.path or "", finding.kind))
    return {
        "changed": changed,
        "plan": [step.as_dict() for step in plan.steps],
        "findings": [{**each.as_dict(), "path": str(root / each.path) if each.path is not None else None} for each in findings],
        "generation": {"before": before, "after": after},
        "diff": _diff(findings),
        "timings": timings.seconds,
        "warnings": warnings,
    }


def _diff(findings: list[Finding]) -> dict[str, str]:
    """Return what the findings say as the two texts that a diff is made from."""
    before = [f"{finding.subject} {finding.actual or finding.kind}" for finding in findings if finding.kind != "missing"]
    after = [f"{finding.subject} {finding.expected}" for finding in findings if finding.expected is not None]
    return {"before": "".join(f"{line}\n" for line in sorted(before)), "after": "".join(f"{line}\n" for line in sorted(after))}


def rollout_of(generation: Generation | None) -> dict[str, str]:
    """Return which roll-out a generation is of, as a part of an answer; nothing where it is of none."""
    return {"rollout": generation.rollout} if generation is not None and generation.rollout is not None else {}


def releases(generation: Generation | None, records: Records, plan: Plan) -> dict[str, str]:
    """Return the release of each bundle of a generation, as far as the receipts and what was just installed show."""
    known = {tree_id: receipt.release for tree_id, receipt in records.bundles.items()}
    known.update((bundle.id, bundle.release) for bundle in plan.install)
    bundles = sorted(generation.bundles.items()) if generation is not None else ()
    return {name: known[tree_id] for name, tree_id in bundles if tree_id in known}
