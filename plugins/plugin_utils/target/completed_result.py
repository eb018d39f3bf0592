# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller adds to the answer of a host, for the result of any task and of those that declare something."""

from __future__ import annotations

from .declared_state import DeclaredState
from .host_answer import Result
from .request import declare
from .result_format import readable_diff, steps_message
from .run import TargetRun
from .task import Task

AS_DECLARED = "generation {} is as declared"


def add_circumstances(result: Result, run: TargetRun) -> None:
    """Add what the run itself knows: the platform, how long each part took, and its warnings."""
    result["platform"] = run.facts.platform
    result["timings"] = {**run.timings, **(result.get("timings") or {})}
    known = list(result.get("warnings") or [])
    warnings = [*known, *(warning for warning in run.warnings if warning not in known)]
    if warnings:
        result["warnings"] = warnings


def add_declared(result: Result, state: DeclaredState | None) -> None:
    """Add the summary of what the result is about; ``None`` where it was compared with no declaration."""
    result.setdefault("bundles", {})
    result["declared"] = (state or DeclaredState(declaration=declare())).summary


def show_differences(result: Result, task: Task, *, target: str = "as declared") -> None:
    """Put the readable differences into the place of the engine's, where differences are shown; ``target`` is what a host is held against."""
    differences = readable_diff(result, root=task.run.facts.root, target=target)
    result.pop("diff", None)
    if differences is not None and task.diff:
        result["diff"] = differences


def finish_convergence(result: Result, task: Task, *, nothing_to_do: str = AS_DECLARED) -> None:
    """Finish the result of a converged host; ``nothing_to_do`` says how a host is that had no difference."""
    add_declared(result, task.run.state)
    show_differences(result, task)
    result["msg"] = steps_message(result, check=task.check, nothing_to_do=nothing_to_do)
