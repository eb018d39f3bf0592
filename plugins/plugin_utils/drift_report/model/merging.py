# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report of the reports of several controllers, or of the slices of one job; pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.grammar import shown
from .document import FORMAT, NOT_CHECKED, REASONS, Report, assemble
from .fold import weakest
from .policy import Policy, policy_of

# What says more about a host that nobody checked goes before what says less.
_TELLING = {reason: place for place, reason in enumerate(REASONS)}


def merge(reports: Mapping[str, Report], policy: Policy | None) -> Report:
    """Return one report over all hosts of these, which are given by where they come from.

    A host that several of them name is taken from the one that checked it last. Without a policy that is given, the reports must have
    been made by one; raises HermeticError where they were not, or where one of them is no report of this format.
    """
    problems = [
        f"{source}: format {shown(report.get('format'))}; this release reads {FORMAT}"
        for source, report in reports.items()
        if report.get("format") != FORMAT or isinstance(report["format"], bool)
    ]
    if problems:
        raise HermeticError("The reports cannot be merged.", problems)
    hosts: dict[str, Mapping[str, Any]] = {}
    for report in reports.values():
        for host, entry in report["hosts"].items():
            hosts[host] = entry if host not in hosts else better(hosts[host], entry)
    declarations = {key: each for report in reports.values() for key, each in report["declarations"].items()}
    return assemble(_run([report["run"] for report in reports.values()]), hosts, declarations, policy or _common_policy(reports))


def better(one: Mapping[str, Any], other: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return that of two entries of one host which was checked last, or says more of why it was not checked."""
    checked = [entry for entry in (one, other) if entry["state"] != NOT_CHECKED]
    if checked:
        return max(checked, key=lambda entry: str(entry["checked"] or ""))
    return min((one, other), key=lambda entry: _TELLING.get(entry["reason"], len(_TELLING)))


def _run(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    ended = max(run["ended"] for run in runs)
    digest = hashlib.sha256("\n".join(sorted(run["id"] for run in runs)).encode()).hexdigest()
    return {
        "id": f"{ended.replace('-', '').replace(':', '')}-{digest[:6]}",
        "started": min(run["started"] for run in runs),
        "ended": ended,
        "complete": all(run["complete"] for run in runs),
        "verify": weakest({run["verify"] for run in runs}),
        "controllers": sorted({name for run in runs for name in run["controllers"]}),
        # Each controller has commands of its own.
        "commands": None,
        "base": None,
    }


def _common_policy(reports: Mapping[str, Report]) -> Policy:
    policies = {source: policy_of(report["policy"]) for source, report in reports.items()}
    first = next(iter(policies.values()))
    different = [source for source, policy in policies.items() if policy != first]
    if different:
        raise HermeticError(
            f"The reports were made by different policies: that of {next(iter(policies))} is not that of {', '.join(different)}. "
            "Name the policy that all hosts are to be judged by."
        )
    return first
