# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report document: the findings of a run, judged and counted; every format is made from it and from nothing else. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from ....module_utils.hermetic.findings.finding import CAUSES, INTERRUPTED, PENDING, SEVERITIES, TAMPERED
from .policy import Policy

FORMAT = 2
CLEAN, NOT_CHECKED = "clean", "not_checked"
STATES = (CLEAN, PENDING, TAMPERED, INTERRUPTED, NOT_CHECKED)
REASONS = ("unreachable", "failed", "skipped", "not_reached", "outside_limit")
"""Why a host was not checked."""
VERIFY_LEVELS = ("none", "quick", "deep")
EXIT_CLEAN, EXIT_ERROR, EXIT_DRIFT = 0, 1, 2

Report = dict[str, Any]


def assemble(
    run: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], declarations: Mapping[str, Mapping[str, Any]], policy: Policy
) -> Report:
    """Return the document of a run: ``hosts`` as they were folded, each finding judged by the policy, everything counted.

    Findings that carry ``first_seen`` and ``new`` keep them; the history of the controller, where there is one, knows better.
    """
    matched = Counter[int]()
    judged = {host: _judged(host, hosts[host], policy, matched) for host in sorted(hosts, key=_order)}
    used = {entry["declared"] for entry in judged.values()}
    report: Report = {
        "format": FORMAT,
        "run": dict(run),
        "exit": EXIT_ERROR,
        "policy": policy.shown(matched),
        "totals": {},
        "hosts": judged,
        "declarations": {key: dict(declarations[key]) for key in sorted(declarations) if key in used},
        "history": None,
    }
    return counted(report)


def counted(report: Report, *, resolved: int = 0) -> Report:
    """Return the document with its totals and its exit status, counted from its hosts."""
    totals = {**_totals(report["hosts"].values()), "resolved": resolved}
    # The order of the keys is that of the published format.
    names = ("hosts", *STATES, "findings", "ignored", "below_threshold", "new", "resolved", "causes", "kinds", "severities")
    return {**report, "totals": {name: totals[name] for name in names}, "exit": exit_of(totals, complete=report["run"]["complete"])}


def exit_of(totals: Mapping[str, Any], *, complete: bool) -> int:
    """Return 0 when every host was checked and is clean, 1 when something is not known, 2 when something differs."""
    if totals[NOT_CHECKED] or not complete:
        return EXIT_ERROR
    return EXIT_DRIFT if totals["findings"] else EXIT_CLEAN


def not_checked(reason: str, message: str = "", *, groups: Iterable[str] = ()) -> dict[str, Any]:
    """Return the entry of a host that nothing is known of."""
    return {**unknown_host(), "state": NOT_CHECKED, "reason": reason, "message": message, "groups": list(groups)}


def unknown_host() -> dict[str, Any]:
    """Return an entry with every key that a reader may rely on."""
    return {
        "state": CLEAN,
        "reason": None,
        "message": "",
        "checked": None,
        "groups": [],
        "platform": None,
        "generation": None,
        "bundles": {},
        "declared": None,
        "findings": [],
        "foreign": [],
    }


def declaration_key(declaration: Mapping[str, Any]) -> str | None:
    """Return the key that hosts with this declaration share, or None where nothing is declared."""
    if not declaration.get("bundles") and not declaration.get("virtualenvs"):
        return None
    text = json.dumps(declaration, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _order(host: str) -> bytes:
    return host.encode("utf-8", "surrogatepass")


def _judged(host: str, entry: Mapping[str, Any], policy: Policy, matched: Counter[int]) -> dict[str, Any]:
    judged = {**unknown_host(), **entry, "findings": [_judged_finding(host, each, policy, matched) for each in entry["findings"]]}
    if judged["state"] != NOT_CHECKED:
        causes = {finding["cause"] for finding in judged["findings"] if finding["counts"]}
        judged["state"] = next((cause for cause in CAUSES if cause in causes), CLEAN)
    return judged


def _judged_finding(host: str, finding: Mapping[str, Any], policy: Policy, matched: Counter[int]) -> dict[str, Any]:
    ignored = policy.ignoring(host, finding)
    if ignored is not None:
        matched[ignored] += 1
    return {
        **finding,
        "first_seen": finding.get("first_seen"),
        "new": bool(finding.get("new")),
        "ignored": ignored,
        "counts": ignored is None and SEVERITIES.index(finding["severity"]) <= SEVERITIES.index(policy.threshold),
    }


def _totals(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    states, causes, kinds, severities = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    hosts = ignored = below = new = 0
    for entry in entries:
        hosts += 1
        states[entry["state"]] += 1
        for finding in entry["findings"]:
            if finding["counts"]:
                causes[finding["cause"]] += 1
                kinds[finding["kind"]] += 1
                severities[finding["severity"]] += 1
                new += finding["new"]
            elif finding["ignored"] is None:
                below += 1
            else:
                ignored += 1
    return {
        "hosts": hosts,
        **{state: states[state] for state in STATES},
        "findings": sum(causes.values()),
        "ignored": ignored,
        "below_threshold": below,
        "new": new,
        "causes": {cause: causes[cause] for cause in CAUSES},
        "kinds": dict(sorted(kinds.items())),
        "severities": {severity: severities[severity] for severity in SEVERITIES},
    }
