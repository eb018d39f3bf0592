# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a roll-out did to one host, from the results of its tasks.

Some are those of modules that no code of this collection has looked at: a host may have answered anything, and it counts all the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...module_utils.hermetic.text.grammar import is_number, shown

SWITCHED, UNCHANGED, FAILED, UNHEALTHY, UNREACHABLE = "switched", "unchanged", "failed", "unhealthy", "unreachable"
BAD = (FAILED, UNHEALTHY, UNREACHABLE)
"""What counts against a wave."""
TAKEN_BACK, KEPT, NOT_TAKEN_BACK = "taken_back", "kept", "not_taken_back"

# What says that a program of the host does not work. Everything else that drift finds is somebody's change, and no fault of a release.
ILL = ("unhealthy", "not_runnable")
_LONGEST = 2000

Outcome = dict[str, Any]


def outcome_of(result: Mapping[str, Any], *, wave: int, health: Mapping[str, Any] | None = None) -> Outcome:
    """Return what a converge led to on a host, and whether the host was healthy afterwards.

    ``health`` is the result of ``drift``, or that of a task of the operator's own that failed.
    """
    before, after = _generations(result)
    outcome: Outcome = {"state": UNCHANGED if before == after else SWITCHED, "wave": wave, "before": before, "after": after}
    bundles = result.get("bundles")
    outcome["bundles"] = dict(bundles) if isinstance(bundles, Mapping) and all(isinstance(each, str) for each in bundles.values()) else {}
    if result.get("unreachable") or result.get("skipped"):
        # It is skipped on a host that could not be asked for its platform.
        message = _message(result) if result.get("unreachable") else "it could not be asked for its platform"
        return {**outcome, "state": UNREACHABLE, "after": None, "message": message}
    if result.get("failed"):
        return {**outcome, "state": FAILED, "message": _message(result)}
    if health is None:
        return {**outcome, "message": ""}
    if health.get("unreachable"):
        return {**outcome, "state": UNREACHABLE, "message": _message(health)}
    if health.get("failed"):
        return {**outcome, "state": UNHEALTHY, "message": _message(health)}
    findings = health.get("findings") or []
    if not isinstance(findings, list) or not all(isinstance(each, Mapping) for each in findings):
        return {**outcome, "state": UNHEALTHY, "message": f"what was found on it is {shown(findings)}, expected a list of findings"}
    ill = [each for each in findings if each.get("kind") in ILL]
    if ill:
        return {**outcome, "state": UNHEALTHY, "message": _shortened("; ".join(map(_sentence, ill)))}
    return {**outcome, "message": ""}


def taken_back(result: Mapping[str, Any], *, noted: Mapping[str, Any] | None = None) -> Outcome:
    """Return what it led to that a roll-out was taken back on a host.

    ``noted`` is what was noted before, where a task that failed came after the way back, such as a handler: the host has gone back all the same.
    """
    if noted and noted.get("state") == TAKEN_BACK:
        return {**noted, "message": _message(result)}
    before, after = _generations(result)
    if result.get("unreachable") or result.get("failed"):
        return {"state": NOT_TAKEN_BACK, "to": None, "message": _message(result)}
    if before != after:
        return {"state": TAKEN_BACK, "to": after, "message": ""}
    # The engine says why something stays that the roll-out did.
    warnings = result.get("warnings") or []
    texts = map(str, warnings if isinstance(warnings, (list, tuple)) else [warnings])
    return {"state": KEPT, "to": after, "message": _shortened(" ".join(texts))}


def _generations(result: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return the generation before and after; None for what is no number of one."""
    generation = result.get("generation")
    given = generation if isinstance(generation, Mapping) else {}
    before, after = (given.get(each) for each in ("before", "after"))
    return (before if is_number(before) else None), (after if is_number(after) else None)


def _sentence(finding: Mapping[str, Any]) -> str:
    return f"{finding.get('subject')} is {finding.get('kind')}: {finding.get('actual') or finding.get('remedy') or 'no reason was given'}"


def _message(result: Mapping[str, Any]) -> str:
    message = str(result.get("msg") or "no reason was given")
    # That a command ended with another code than 0 is no reason; what it wrote last may be one.
    said = str(result.get("stderr") or "").strip().rpartition("\n")[2] if "rc" in result else ""
    return _shortened(f"{message}: {said}" if said and said not in message else message)


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
