# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller can answer by itself for a host that has no interpreter, or none that starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...module_utils.hermetic.findings.finding import TAMPERED, Finding
from ...module_utils.hermetic.text.grammar import tree_parts
from .host_mounts import without_programs
from .host_probe import HostFacts
from .host_trust import shown_distrust
from .run import NoInterpreter, TargetRun

Result = dict[str, Any]


def answer_of_nothing(run: TargetRun, *, state: str | None) -> Result | None:
    """Return the answer for a host that has nothing and shall have nothing; None for all others."""
    if run.facts.interpreter is not None or run.facts.damaged or state != "absent":
        return None
    return {"changed": False, "plan": [], "findings": [], "generation": {"before": None, "after": None}}


def answer_without_interpreter(run: TargetRun, *, module: str) -> Result:
    """Return what can be told of a host whose interpreters do not start; raises NoInterpreter where that is no answer."""
    facts = run.facts
    damaged = [*facts.damaged, *([facts.interpreter.bundle_id] if facts.interpreter else [])]
    if module == "system_info":
        reason = without_programs(facts)
        if damaged and reason:
            run.warnings.append(f"What is below {facts.root} cannot be read: {reason}")
        elif damaged:
            run.warnings.append(
                f"What is below {facts.root} cannot be read, since the interpreter of {', '.join(damaged)} is damaged. Repair it."
                if not facts.untrusted
                else f"What is below {facts.root} was not read, since another user may change what would run: {shown_distrust(facts.distrust)}. Repair it."
            )
        nothing: dict[str, Any] = {
            "root": facts.root,
            "generation": None,
            "in_force": None,
            "generations": [],
            "bundles": [],
            "virtualenvs": [],
        }
        return {"changed": False, "info": {**nothing, "damaged": damaged}}
    if module == "drift" and damaged:
        return {
            "changed": False,
            "plan": [],
            "findings": [_finding(each, facts).as_dict() for each in damaged],
            "generation": {"before": None, "after": None},
        }
    raise NoInterpreter(facts)


def _finding(bundle_id: str, facts: HostFacts) -> Finding:
    if bundle_id in facts.untrusted:
        return _open_to_others(bundle_id, facts)
    return _changed(bundle_id, facts) if facts.changed else _dead(bundle_id, facts)


def _open_to_others(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle whose interpreter was not started, since another user may change it."""
    return replace(
        _dead(bundle_id, facts),
        kind="owner" if any(each.kind == "owner" for each in facts.distrust) else "mode",
        expected="files that only root and the user of the task own and may write",
        actual=shown_distrust(facts.distrust),
    )


def _changed(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle that was not started, since it is not what was published."""
    return replace(
        _dead(bundle_id, facts),
        kind="modified",
        expected="the files that were published",
        actual=facts.changed,
        path=f"{facts.root}/bundles/{bundle_id}",
        remedy="Converge with hermetic.python.system; nothing else of this host can be checked before.",
    )


def _dead(bundle_id: str, facts: HostFacts) -> Finding:
    """Return the finding for a bundle whose interpreter cannot tell anything itself."""
    parts = tree_parts("bundles", bundle_id) or {"name": bundle_id}
    reason = without_programs(facts)
    return Finding(
        subject=f"bundle:{parts['name']}",
        kind="not_runnable",
        severity="high",
        cause=TAMPERED,
        expected="an interpreter that starts",
        actual="one that does not" + (f": {reason}" if reason else ""),
        path=facts.interpreter_path(bundle_id),
        remedy="Let programs start there; nothing else of this host can be checked before."
        if reason
        else "Converge with hermetic.python.system; nothing else of this host can be checked before.",
    )
