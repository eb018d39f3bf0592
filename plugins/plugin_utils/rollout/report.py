# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a roll-out: what happened where, as a document and as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ...module_utils.hermetic.text.printable import printable
from .outcome import BAD, KEPT, NOT_TAKEN_BACK, TAKEN_BACK

FORMAT = 1
NOT_BEGUN = "not_begun"

Document = dict[str, Any]


def make_report(
    outcomes: Mapping[str, Mapping[str, Any] | None],
    *,
    rollout: str,
    stopped: str,
    promoted: Mapping[str, str],
    record: Mapping[str, Any] | None = None,
) -> Document:
    """Return the report of a roll-out: its name, why it was stopped, which channels it moved, what is recorded for all, and each host."""
    hosts: dict[str, dict[str, Any]] = {
        host: dict(outcome) if outcome else {"state": NOT_BEGUN} for host, outcome in sorted(outcomes.items())
    }
    states = Counter(each["state"] for each in hosts.values())
    back = Counter(each["taken_back"]["state"] for each in hosts.values() if each.get("taken_back"))
    return {
        "format": FORMAT,
        "rollout": rollout,
        "stopped": stopped or None,
        "promoted": dict(promoted),
        **({"record": dict(record)} if record else {}),
        "hosts": hosts,
        "summary": {**dict(sorted(states.items())), **dict(sorted(back.items()))},
    }


def lines(report: Mapping[str, Any], *, planned: bool = False) -> Iterator[str]:
    """Yield what people read of a report: hosts of which nothing more is to be said are counted only."""
    summary, hosts = report["summary"], report["hosts"]
    only_taken_back = all(each["state"] == NOT_BEGUN and each.get("taken_back") for each in hosts.values())
    counts = [f"{number} {state.replace('_', ' ')}" for state, number in summary.items() if not (only_taken_back and state == NOT_BEGUN)]
    yield f"Roll-out {report['rollout']}{' in check mode, nothing was changed' if planned else ''}: {', '.join(counts)}"
    if only_taken_back and summary.get(KEPT) == len(hosts) and not any(each["taken_back"]["message"] for each in hosts.values()):
        yield (
            f"Nothing was to be taken back: no host has a generation of roll-out {report['rollout']} in force. "
            "system_info shows for each generation which roll-out it is of."
        )
    if report["stopped"]:
        yield f"Stopped. {printable(report['stopped'])}"
    if report.get("record"):
        yield _recorded(report["record"])
    for bundle, change in report["promoted"].items():
        yield f"Promoted: {bundle} {change}"
    for host, outcome in report["hosts"].items():
        back = outcome.get("taken_back") or {}
        if outcome["state"] in BAD or back.get("state") in (TAKEN_BACK, NOT_TAKEN_BACK) or (back.get("state") == KEPT and back["message"]):
            yield f"{printable(host)}: {_said(outcome, back)}"


def _recorded(record: Mapping[str, Any]) -> str:
    done = f", {len(record.get('done', []))} of {record['runs']} runs are done" if record.get("runs", 1) > 1 else ""
    return f"For all who share it, it is {record['state']} since {record['since']}{done}."


def _said(outcome: Mapping[str, Any], back: Mapping[str, Any]) -> str:
    parts = [outcome["state"].replace("_", " ") + (f" ({printable(outcome['message'])})" if outcome.get("message") else "")]
    if outcome["state"] == NOT_BEGUN:
        parts = []
    if back.get("state") == TAKEN_BACK:
        parts.append(
            f"taken back to generation {back['to']}" + (f", then failed ({printable(back['message'])})" if back["message"] else "")
        )
    elif back.get("state") == NOT_TAKEN_BACK:
        parts.append(f"NOT taken back ({printable(back['message'])})")
    elif back.get("message"):
        parts.append(printable(back["message"]))
    return "; ".join(parts)
