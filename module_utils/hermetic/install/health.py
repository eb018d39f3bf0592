# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the checks of what is in force, and reports what failed as findings; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ..findings.finding import TAMPERED, Finding
from ..model.declaration import Declaration
from ..model.layout import Layout
from ..model.request import Request
from ..planning.checked_trees import CheckedTree, fit_to_run, trees_in_force
from ..planning.observation import Observation
from ..process.check_run import CheckEnd
from .checking import Checking
from .progress import Progress


@dataclass(frozen=True)
class Health:
    """What the checks of a host say."""

    findings: list[Finding]
    checks: list[dict[str, Any]]
    warnings: list[str]


def check_health(layout: Layout, observation: Observation, declaration: Declaration, request: Request, *, progress: Progress) -> Health:
    """Run the declared checks on the trees in force: those of before a switch in them, those of after it through the stable paths.

    What is not as it was installed is not run.
    """
    current = observation.current
    if current is None:
        return Health([], [], [])
    warnings = []
    trees: list[CheckedTree] = []
    for tree in trees_in_force(declaration, current):
        if fit_to_run(tree, observation):
            trees.append(replace(tree, after=()) if observation.profile_broken else tree)
        else:
            warnings.append(f"The checks of {tree.subject} were not run, since its tree is not as it was installed. Converge to repair it.")
    if observation.profile_broken and any(tree.after for tree in trees_in_force(declaration, current)):
        warnings.append(
            "The checks through the stable paths were not run, since the links are not as they were made. Converge to repair them."
        )
    checking = Checking(trees, layout, request, progress=progress)
    failed = [
        *checking.run("before", current, observation.records),
        *checking.run("after", current, observation.records),
    ]
    return Health([_finding(end) for end in failed], checking.facts(), warnings + checking.warnings)


def _finding(end: CheckEnd) -> Finding:
    last = f": {end.lines[-1]}" if end.lines else ""
    return Finding(
        subject=end.subject,
        kind="unhealthy",
        severity="high",
        # It passed when the host was switched to this, or was never asked for: the host does not work as it was left.
        cause=TAMPERED,
        expected=f"exit code {end.check.rc} of the check {end.check.name!r}",
        actual=f"{end.how}{last}",
        path=None,
        remedy="Run the command of the check by hand; go back to an earlier generation if this one is to blame.",
    )
