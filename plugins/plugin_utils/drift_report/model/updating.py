# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run over some hosts makes of the report that is there: its own hosts are replaced, the others stay as they were found. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any

from .document import NOT_CHECKED, Report, assemble, counted
from .fold import weakest
from .policy import Policy


def asked(report: Report) -> set[str]:
    """Return the hosts that a run asked, or would have: those within its limit."""
    return {name for name, entry in report["hosts"].items() if entry["reason"] != "outside_limit"}


def kept(earlier: Report, report: Report, inventory: Set[str]) -> set[str]:
    """Return the hosts that the earlier report alone knows of; a host that left the inventory is not among them.

    What another controller found, as in a report that was merged, is about another inventory, and stays.
    """
    others = set(earlier["run"]["controllers"]) - set(report["run"]["controllers"])
    return (set(earlier["hosts"]) if others else set(earlier["hosts"]) & inventory) - asked(report)


def update(earlier: Report, report: Report, inventory: Set[str], policy: Policy) -> Report:
    """Return the report of all hosts, judged by the policy of the new run.

    Where the earlier report is of a later run, which happens when a killed run is reported afterwards, the newer check of a host counts.
    """
    staying = kept(earlier, report, inventory)
    late = earlier["run"]["ended"] > report["run"]["ended"]
    if late:
        staying |= {name for name in set(earlier["hosts"]) & asked(report) if _is_newer(earlier["hosts"][name], report["hosts"][name])}
    if not staying:
        return report
    hosts: dict[str, Mapping[str, Any]] = {**report["hosts"], **{name: earlier["hosts"][name] for name in staying}}
    made = assemble(_run(earlier["run"], report["run"], late=late), hosts, {**earlier["declarations"], **report["declarations"]}, policy)
    if report["history"] is None:
        return made
    resolved = [*_resolved_earlier(earlier, staying), *report["history"]["resolved"]]
    return counted({**made, "history": {"trend": [], "resolved": resolved, "oldest": []}}, resolved=len(resolved))


def _is_newer(entry: Mapping[str, Any], late: Mapping[str, Any]) -> bool:
    """Return whether what a later run says of a host stands; that it could not be checked does, whenever that was."""
    return entry["state"] == NOT_CHECKED or str(entry["checked"] or "") >= str(late["checked"] or "")


def _resolved_earlier(earlier: Report, staying: Set[str]) -> list[dict[str, str]]:
    history = earlier.get("history")
    resolved = history.get("resolved") if isinstance(history, Mapping) else None
    keys = ("host", "subject", "kind", "first_seen", "last_seen")
    found = [each for each in resolved or () if isinstance(each, Mapping) and all(isinstance(each.get(key), str) for key in keys)]
    return [{key: each[key] for key in keys} for each in found if each["host"] in staying]


def _run(earlier: Mapping[str, Any], run: Mapping[str, Any], *, late: bool) -> dict[str, Any]:
    base = earlier.get("base") or {"id": earlier["id"], "ended": earlier["ended"]}
    return {
        **run,
        **({name: earlier[name] for name in ("id", "started", "ended")} if late else {}),
        "complete": run["complete"] and earlier["complete"],
        "verify": weakest({run["verify"], earlier["verify"]}),
        "controllers": sorted({str(name) for name in (*earlier["controllers"], *run["controllers"])}),
        "base": dict(base),
    }
