# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The result of one task on one host, as a small event; pure.

An event is ``{"event": "answer" | "silence" | "elsewhere", "host", "at", …}``. An *answer* holds findings. A *silence* is a task of ours
that gave none, and an *elsewhere* is any other task by which a host was lost; both carry a ``reason`` and a ``message``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ....module_utils.hermetic.findings.finding import CAUSES, SEVERITIES, TAMPERED
from ....module_utils.hermetic.text.grammar import is_number
from .shape import is_declaration, is_foreign

COLLECTION = "hermetic.python"
READING, CONVERGING = ("drift",), ("system", "virtualenv", "bundle")
WHOLE = ("drift", "system")
"""Modules that speak for a whole root; the others speak for one part of it."""
ASYNC_STATUS = ("async_status", "ansible.builtin.async_status", "ansible.legacy.async_status")
HIDDEN = "The result is hidden by no_log, so nothing is known of this host. Take no_log off the task; no secret is in its result."
_MESSAGE = 2000

Event = dict[str, Any]


def module_of(action: str) -> str | None:
    """Return which of our four modules an action is, by its full or its short name."""
    name = action.removeprefix(f"{COLLECTION}.")
    return name if name in (*READING, *CONVERGING) else None


def part_of(module: str, arguments: Mapping[str, Any]) -> str:
    """Return the part of a host that a task speaks for, as ``root|module:name``; a later answer replaces an earlier one."""
    root = str(arguments.get("root") or "")
    if module in WHOLE:
        return f"{root}|"
    return f"{root}|{module}:{arguments.get('name') or ''}"


def answer(host: str, module: str, part: str, result: Mapping[str, Any], *, check: bool, at: str) -> Event | None:
    """Return the answer in a result, or None where it holds none.

    What a converge found is repaired when it ends well; in check mode, or where it did nothing, it is still there.
    """
    findings = result.get("findings")
    if not isinstance(findings, Sequence) or isinstance(findings, str):
        return None
    repaired = module in CONVERGING and not check and bool(result.get("plan"))
    generation = _mapping(result.get("generation"))
    number = generation.get("before" if check or module in READING else "after")
    declared = result.get("declared")
    return {
        "event": "answer",
        "host": host,
        "part": part,
        "at": at,
        "platform": _text_or_none(result.get("platform")),
        "generation": number if is_number(number) else None,
        "bundles": {str(name): str(release) for name, release in _mapping(result.get("bundles")).items()},
        "declared": declared if declared and is_declaration(declared) else {},
        "findings": [] if repaired else [finding_of(each) for each in findings if isinstance(each, Mapping)],
        "foreign": [each for each in _listed(result.get("foreign")) if is_foreign(each)],
        **({"rollout": result["rollout"]} if isinstance(result.get("rollout"), str) else {}),
    }


def silence(host: str, part: str, reason: str, result: Mapping[str, Any], *, at: str) -> Event:
    """Return the event of a task of ours that has no findings for a host."""
    return {"event": "silence", "host": host, "part": part, "at": at, "reason": reason, "message": message_of(result)}


def elsewhere(host: str, reason: str, task: str, result: Mapping[str, Any], *, at: str) -> Event:
    """Return the event of another task by which a host was lost."""
    return {"event": "elsewhere", "host": host, "at": at, "reason": reason, "message": f"{task}: {message_of(result)}"[:_MESSAGE]}


def message_of(result: Mapping[str, Any]) -> str:
    """Return why a task gave no answer."""
    if "censored" in result:
        return HIDDEN
    message = str(result.get("msg") or result.get("skip_reason") or "")
    if result.get("false_condition"):
        message = f"{message}: {result['false_condition']}"
    errors = [str(error) for error in _listed(result.get("errors")) if str(error) not in message]
    return "; ".join(part for part in (message, *errors) if part)[:_MESSAGE]


def finding_of(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return a finding with every key that a reader may rely on; what is unknown counts as the worst."""
    texts = {name: str(finding.get(name) or "") for name in ("subject", "kind", "remedy")}
    cause, severity = str(finding.get("cause")), str(finding.get("severity"))
    count = finding.get("count")
    many = {"count": count, "examples": [str(each) for each in _listed(finding.get("examples"))]} if isinstance(count, int) else {}
    return {
        "subject": texts["subject"],
        "kind": texts["kind"],
        "severity": severity if severity in SEVERITIES else SEVERITIES[0],
        "cause": cause if cause in CAUSES else TAMPERED,
        "expected": _text_or_none(finding.get("expected")),
        "actual": _text_or_none(finding.get("actual")),
        "path": _text_or_none(finding.get("path")),
        "remedy": texts["remedy"],
        **many,
    }


def _mapping(value: Any) -> Mapping[str, Any]:
    # A job in the background answers without any of our code between the host and this.
    return value if isinstance(value, Mapping) else {}


def _text_or_none(value: Any) -> str | None:
    return None if value is None else str(value)


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else ()
