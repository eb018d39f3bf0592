# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of one task of a target module: what the host answered, with what the controller knows and in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.findings.finding import PENDING
from .declared_state import DeclaredState
from .request import declare
from .result_format import readable_diff, sentence
from .run import TargetRun

Result = dict[str, Any]
_DECLARING = ("bundle", "drift", "system", "virtualenv")


def completed(result: Result, run: TargetRun, *, module: str, check: bool, diff: bool) -> Result:
    """Return the host's answer as the result of the task; ``diff`` says whether differences are shown."""
    if run.options.get("against") == "installed" and "findings" in result:
        # A bundle of an old release can be replaced by a declaration only.
        result["findings"] = [each for each in result["findings"] if each["cause"] != PENDING]
    if "vouched" in result:
        result["vouched"]["interpreter"] = run.verified
    result["platform"] = run.facts.platform
    result["timings"] = {**run.timings, **(result.get("timings") or {})}
    known = list(result.get("warnings") or [])
    warnings = [*known, *(warning for warning in run.warnings if warning not in known)]
    if warnings:
        result["warnings"] = warnings
    differences = None if result.get("failed") or module == "system_info" else _differences(result, run, module=module)
    result.pop("diff", None)
    if differences is not None and diff:
        result["diff"] = differences
    if not result.get("failed"):
        result.setdefault("changed", False)
        if module in _DECLARING:
            result.setdefault("bundles", {})
            result["declared"] = (_compared_with(run) or DeclaredState(declaration=declare())).summary
        if module == "drift":
            result["clean"] = not result.get("findings")
        if module == "system_info":
            result["info"].setdefault("damaged", [])
        else:
            result["msg"] = sentence(result, module=module, check=check, state=run.options.get("state"), against=run.options.get("against"))
    return result


def tells_nothing(result: Mapping[str, Any]) -> bool:
    """Tell whether a comparison found neither a generation nor anything else, which is no proof that all is well."""
    if result.get("failed") or result.get("findings"):
        return False
    return "generation" in result and result["generation"]["before"] is None


def _compared_with(run: TargetRun) -> DeclaredState | None:
    """Return the declaration that the result is about; None where it only named artifacts."""
    return None if run.options.get("against") == "installed" else run.state


def _differences(result: Result, run: TargetRun, *, module: str) -> dict[str, str] | None:
    state = _compared_with(run)
    declared = module != "drift" or (state is not None and bool(state.summary["bundles"]))
    return readable_diff(result, root=run.facts.root, declared=declared)
