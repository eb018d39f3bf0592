# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a JSON document has the shape of a report that this release can read; ``docs/drift-report.schema.json`` has all of it. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from .document import FORMAT, SEVERITIES, STATES
from .policy import FIELDS

_FORM = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")


class _Moment(str):
    """Stands for the type of a text that is a moment."""


_MOMENT, _MAYBE_MOMENT = (_Moment,), (_Moment, type(None))
_TEXT, _MAYBE, _NUMBER, _FLAG, _LIST, _MAP = (str,), (str, type(None)), (int, type(None)), (bool,), (list,), (dict,)
_RUN = {"id": _TEXT, "started": _MOMENT, "ended": _MOMENT, "complete": _FLAG, "verify": _TEXT, "controllers": _LIST}
_HOST = {
    "state": _TEXT,
    "reason": _MAYBE,
    "message": _TEXT,
    "checked": _MAYBE_MOMENT,
    "groups": _LIST,
    "platform": _MAYBE,
    "generation": _NUMBER,
    "bundles": _MAP,
    "declared": _MAYBE,
    "findings": _LIST,
    "foreign": _LIST,
}
_FINDING = {
    "subject": _TEXT,
    "kind": _TEXT,
    "severity": _TEXT,
    "cause": _TEXT,
    "expected": _MAYBE,
    "actual": _MAYBE,
    "path": _MAYBE,
    "remedy": _TEXT,
    "first_seen": _MAYBE_MOMENT,
    "new": _FLAG,
}
_FOREIGN = {"interpreter": _TEXT, "version": _MAYBE, "packages": _MAP}
_RULE = {"reason": _TEXT, "expires": _TEXT, "expired": _FLAG, **dict.fromkeys(FIELDS, _TEXT)}
_PARTS = {"run": _MAP, "policy": _MAP, "hosts": _MAP, "declarations": _MAP}
_DECLARATION = {"bundles": _MAP, "virtualenvs": _MAP}


def shape_problem(report: Any) -> str | None:
    """Return the first thing in a document that keeps it from being read as a report, or None."""
    if not isinstance(report, Mapping) or "hosts" not in report:
        return "it has no hosts"
    if report.get("format") != FORMAT:
        return f"it has format {report.get('format')!r}; this release reads {FORMAT}"
    problem = _wrong(report, _PARTS, "the document")
    if problem is None:
        base = report["run"].get("base")
        problem = _wrong(report["run"], _RUN, "run") or _wrong_policy(report["policy"])
        problem = problem or (None if base is None else _wrong(base, {"id": _TEXT, "ended": _MOMENT}, "run.base"))
    problem = problem or _first(_wrong(each, _DECLARATION, f"declarations.{key}") for key, each in report["declarations"].items())
    return problem or _first(_wrong_host(name, entry) for name, entry in report["hosts"].items())


def _wrong_policy(policy: Mapping[str, Any]) -> str | None:
    if policy.get("threshold") not in SEVERITIES or not isinstance(policy.get("ignores"), list):
        return "policy has no threshold and ignores"
    return _first(_wrong(rule, _RULE, f"policy.ignores[{place}]") for place, rule in enumerate(policy["ignores"]))


def _wrong_host(name: str, entry: Any) -> str | None:
    where = f"hosts.{name[:100]}"
    problem = _wrong(entry, _HOST, where)
    if problem is not None:
        return problem
    if entry["state"] not in STATES:
        return f"{where}.state is {entry['state'][:40]!r}"
    if not all(isinstance(group, str) for group in entry["groups"]):
        return f"{where}.groups has something that is not a name"
    for place, finding in enumerate(entry["findings"]):
        problem = _wrong(finding, _FINDING, f"{where}.findings[{place}]")
        if problem is None and finding["severity"] not in SEVERITIES:
            problem = f"{where}.findings[{place}].severity is {finding['severity'][:40]!r}"
        if problem is not None:
            return problem
    return _first(_wrong(each, _FOREIGN, f"{where}.foreign[{place}]") for place, each in enumerate(entry["foreign"]))


def _wrong(value: Any, wanted: Mapping[str, tuple[type, ...]], where: str) -> str | None:
    if not isinstance(value, Mapping):
        return f"{where} is not an object"
    for key, types in wanted.items():
        if not _is_one_of(value.get(key), types):
            return f"{where}.{key} is not there or is not of its type"
    return None


def _is_one_of(value: Any, types: tuple[type, ...]) -> bool:
    if isinstance(value, str) and _Moment in types:
        return _FORM.fullmatch(value) is not None and _is_of_calendar(value)
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _is_of_calendar(moment: str) -> bool:
    try:
        datetime.datetime.fromisoformat(moment)
    except ValueError:
        return False
    return True


def _first(problems: Any) -> str | None:
    return next((problem for problem in problems if problem is not None), None)
