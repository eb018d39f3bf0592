# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what lies in a file is a report, or an event of a run, of this release: both may come from other controllers; pure.

The published schema says the same of a report; here it is judged at the speed of ten thousand hosts.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ....module_utils.hermetic.findings.finding import CAUSES, SEVERITIES
from ....module_utils.hermetic.text.grammar import is_number, shown
from .document import FORMAT, NOT_CHECKED, REASONS, STATES, VERIFY_LEVELS

_MOMENT = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FINDING_TEXTS = ("subject", "kind", "remedy")
_FINDING_OR_NULL = ("expected", "actual", "path")
_IGNORE_TEXTS = ("reason", "expires", "hosts", "subject", "kind", "cause", "path")

_Judge = Callable[[Any], bool]


def report_problem(report: Any) -> str | None:
    """Return the first thing for which a document is no report, or None."""
    return next(_report_problems(report), None)


def _report_problems(report: Any) -> Iterator[str]:
    if not isinstance(report, dict) or not isinstance(report.get("hosts"), dict):
        yield "it has no hosts"
        return
    if report.get("format") != FORMAT or isinstance(report["format"], bool):
        # Merging says which format it has, of all reports at once.
        return
    if not _is_run(report.get("run")):
        yield f"run is {shown(report.get('run'))}, or lacks a part"
    if not _is_policy(report.get("policy")):
        yield f"policy is {shown(report.get('policy'))}, or lacks a part"
    declarations = report.get("declarations")
    if not isinstance(declarations, dict) or not all(map(is_declaration, declarations.values())):
        yield f"declarations is {shown(declarations)}, or holds something else than declarations"
    yield from (f"the host {shown(host)} {fault}" for host, entry in report["hosts"].items() if (fault := _host_fault(entry)))


def _is_run(run: Any) -> bool:
    return (
        isinstance(run, dict)
        and isinstance(run.get("id"), str)
        and is_moment(run.get("started"))
        and is_moment(run.get("ended"))
        and isinstance(run.get("complete"), bool)
        and run.get("verify") in VERIFY_LEVELS
        and _are_texts(run.get("controllers"))
    )


def _is_policy(policy: Any) -> bool:
    if not isinstance(policy, dict) or policy.get("threshold") not in SEVERITIES or not isinstance(policy.get("ignores"), list):
        return False
    return all(
        isinstance(each, dict)
        and isinstance(each.get("expired"), bool)
        and all(isinstance(each.get(key), str) for key in _IGNORE_TEXTS)
        and _DAY.fullmatch(each["expires"])
        for each in policy["ignores"]
    )


def _host_fault(entry: Any) -> str | None:
    if not isinstance(entry, dict) or entry.get("state") not in STATES:
        return "has no state"
    unchecked = entry["state"] == NOT_CHECKED
    if (entry.get("reason") in REASONS) != unchecked or (entry.get("reason") is not None) != unchecked:
        return f"has the reason {shown(entry.get('reason'))}"
    if is_moment(entry.get("checked")) == unchecked or (unchecked and entry.get("checked") is not None):
        return f"was checked at {shown(entry.get('checked'))}"
    parts: Sequence[tuple[str, _Judge]] = (
        ("message", lambda each: isinstance(each, str)),
        ("groups", _are_texts),
        ("platform", _is_text_or_null),
        ("generation", lambda each: each is None or is_number(each)),
        ("bundles", _are_versions),
        ("rollout", _is_text_or_null),
        ("declared", _is_text_or_null),
        ("findings", lambda each: isinstance(each, list) and all(map(_is_judged_finding, each))),
        ("foreign", lambda each: isinstance(each, list) and all(map(is_foreign, each))),
    )
    wrong = next((name for name, judge in parts if not judge(entry.get(name))), None)
    return None if wrong is None else f"has {shown(entry.get(wrong))} for {wrong}, or holds something else there than a report does"


def event_fault(event: Any) -> str | None:
    """Return what is wrong with an event of a run, or None."""
    if not isinstance(event, dict) or not isinstance(event.get("event"), str) or event["event"] not in _EVENTS:
        return f"it is {shown(event.get('event') if isinstance(event, dict) else event)}"
    wrong = next((name for name, judge in _EVENTS[event["event"]].items() if name not in event or not judge(event[name])), None)
    return None if wrong is None else f"it has {shown(event.get(wrong))} for {wrong}"


def is_moment(value: Any) -> bool:
    """Return whether a value is a moment as every format writes it."""
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        return False
    try:
        datetime.datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_declaration(value: Any) -> bool:
    """Return whether a value says what a host shall hold, as far as it says anything."""
    if not isinstance(value, Mapping) or not set(value) <= {"bundles", "virtualenvs"} or not _are_versions(value.get("bundles", {})):
        return False
    environments = value.get("virtualenvs", {})
    return isinstance(environments, Mapping) and all(
        isinstance(each, Mapping)
        and isinstance(each.get("bundle"), str)
        and _are_versions(each.get("packages"))
        and _are_versions(each.get("specification", {}))
        for each in environments.values()
    )


def is_foreign(value: Any) -> bool:
    """Return whether a value describes a Python that is not of this collection."""
    return (
        isinstance(value, Mapping)
        and all(isinstance(value.get(key), str) for key in ("interpreter", "version"))
        and _are_versions(value.get("packages"))
    )


def _is_finding(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and all(isinstance(value.get(key), str) for key in _FINDING_TEXTS)
        and all(key in value and _is_text_or_null(value[key]) for key in _FINDING_OR_NULL)
        and value.get("severity") in SEVERITIES
        and value.get("cause") in CAUSES
    )


def _is_judged_finding(value: Any) -> bool:
    return (
        _is_finding(value)
        and (value.get("first_seen") is None or is_moment(value["first_seen"]))
        and isinstance(value.get("new", False), bool)
    )


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_text_or_null(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _are_versions(value: Any) -> bool:
    return isinstance(value, Mapping) and all(isinstance(each, str) for pair in value.items() for each in pair)


_EVENTS: Mapping[str, Mapping[str, _Judge]] = {
    "run": {"format": lambda each: True, "id": _is_text, "started": is_moment, "controllers": _are_texts},
    "inventory": {"hosts": _are_texts},
    "groups": {"groups": _are_texts},
    "host": {"host": _is_text, "groups": is_number, "inside": _is_flag},
    "declared": {"key": _is_text, "declared": is_declaration},
    "verify": {"verify": _is_text},
    "answer": {
        "host": _is_text,
        "part": _is_text,
        "at": is_moment,
        "platform": _is_text_or_null,
        "generation": lambda each: each is None or is_number(each),
        "bundles": _are_versions,
        "declared": _is_text,
        "findings": lambda each: isinstance(each, list) and all(map(_is_finding, each)),
        "foreign": lambda each: isinstance(each, list) and all(map(is_foreign, each)),
    },
    "silence": {"host": _is_text, "part": _is_text, "at": is_moment, "reason": lambda each: each in REASONS, "message": _is_text},
    "elsewhere": {"host": _is_text, "at": is_moment, "reason": lambda each: each in REASONS, "message": _is_text},
}
