# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn what the hosts of a drift run answered into one report, as a JSON document and as text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

FORMAT = 1
CAUSES = ("tampered", "interrupted", "pending")
"""Every cause of a finding, the most alarming first."""

# A host is exactly one of these. Only the first two were checked.
CLEAN, DRIFT, FAILED, UNREACHABLE, NOT_REACHED = "clean", "drift", "failed", "unreachable", "not reached"

EXIT_CLEAN, EXIT_ERROR, EXIT_DRIFT = 0, 1, 2

_HOSTS_SHOWN = 12
_FINDINGS_SHOWN = 40


def summarise(results: Mapping[str, Mapping[str, Any] | None], *, generated: str = "", verify: str = "") -> dict[str, Any]:
    """Return the report over the registered result of every host that the run was meant for.

    A host without a result, or with one that is not an answer of the drift module, is *not checked*: it is never counted as clean.
    """
    hosts = {host: _host(result) for host, result in sorted(results.items())}
    states = Counter(entry["state"] for entry in hosts.values())
    causes = Counter(finding["cause"] for entry in hosts.values() for finding in entry["findings"])
    not_checked = states[FAILED] + states[UNREACHABLE] + states[NOT_REACHED]
    return {
        "format": FORMAT,
        "generated": generated,
        "verify": verify,
        "exit": EXIT_ERROR if not_checked else EXIT_DRIFT if states[DRIFT] else EXIT_CLEAN,
        "totals": {
            "hosts": len(hosts),
            "clean": states[CLEAN],
            "drift": states[DRIFT],
            "not_checked": not_checked,
            "findings": sum(causes.values()),
            "causes": {cause: causes[cause] for cause in (*CAUSES, *sorted(set(causes) - set(CAUSES)))},
        },
        "hosts": hosts,
    }


def _host(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the state, findings and message of one host."""
    if not result:
        return {"state": NOT_REACHED, "findings": [], "message": "the run ended before this host was asked"}
    message = str(result.get("msg") or "")
    if result.get("unreachable"):
        return {"state": UNREACHABLE, "findings": [], "message": message or "no connection"}
    findings = result.get("findings")
    if result.get("failed") or result.get("skipped") or not isinstance(findings, Sequence) or isinstance(findings, str):
        errors = [str(error) for error in result.get("errors") or [] if str(error) != message and f"- {error}" not in message]
        return {"state": FAILED, "findings": [], "message": "; ".join([message or "no findings in the answer", *errors])}
    return {"state": DRIFT if findings else CLEAN, "findings": [_finding(finding) for finding in findings], "message": ""}


def _finding(finding: Mapping[str, Any]) -> dict[str, Any]:
    """Return the finding with every key that a reader may rely on."""
    keys = ("subject", "kind", "severity", "cause", "expected", "actual", "path", "remedy")
    return {key: finding.get(key) for key in keys} | {"cause": finding.get("cause") or "unknown"}


def render(report: Mapping[str, Any]) -> str:
    """Return the report as text: drift first, then what was not checked, then the clean hosts.

    Hosts with the same findings share one paragraph, so that one mistake on ten thousand hosts stays one paragraph.
    """
    hosts: Mapping[str, Mapping[str, Any]] = report["hosts"]
    lines = [_headline(report), *_totals(report["totals"])]
    drifted = {host: entry for host, entry in hosts.items() if entry["state"] == DRIFT}
    if drifted:
        lines += ["", "DRIFT"]
        for names, findings in _grouped(drifted):
            lines += ["", f"  {_names(names)}: {_count(len(findings), 'finding')}"]
            lines += _findings(findings)
    unchecked = {host: entry for host, entry in hosts.items() if entry["state"] not in (CLEAN, DRIFT)}
    if unchecked:
        lines += ["", "NOT CHECKED (nothing is known about these hosts)", ""]
        reasons: dict[tuple[str, str], list[str]] = {}
        for host, entry in unchecked.items():
            reasons.setdefault((entry["state"], entry["message"]), []).append(host)
        lines += [f"  {_names(names)}: {state}: {message}" for (state, message), names in reasons.items()]
    clean = [host for host, entry in hosts.items() if entry["state"] == CLEAN]
    if clean:
        lines += ["", "CLEAN", "", f"  {_names(clean)}"]
    return "\n".join(lines) + "\n"


def _headline(report: Mapping[str, Any]) -> str:
    details = [f"made {report['generated']}" if report["generated"] else "", f"verify {report['verify']}" if report["verify"] else ""]
    shown = ", ".join(detail for detail in details if detail)
    return f"Drift report ({shown})" if shown else "Drift report"


def _totals(totals: Mapping[str, Any]) -> list[str]:
    causes = ", ".join(f"{number} {cause}" for cause, number in totals["causes"].items() if number)
    return [
        f"{_count(totals['hosts'], 'host')}: {totals['clean']} clean, {totals['drift']} with drift, {totals['not_checked']} not checked",
        f"{_count(totals['findings'], 'finding')}" + (f": {causes}" if causes else ""),
    ]


def _grouped(hosts: Mapping[str, Mapping[str, Any]]) -> list[tuple[list[str], list[dict[str, Any]]]]:
    """Return the hosts by their findings, the most findings that someone made by hand first."""
    groups: dict[tuple, tuple[list[str], list[dict[str, Any]]]] = {}
    for host, entry in hosts.items():
        identity = tuple(tuple(str(value) for value in finding.values()) for finding in entry["findings"])
        groups.setdefault(identity, ([], entry["findings"]))[0].append(host)
    return sorted(groups.values(), key=lambda group: (-sum(finding["cause"] == "tampered" for finding in group[1]), group[0]))


def _findings(findings: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the findings of one group, sorted by how much they need a person."""
    ordered = sorted(findings, key=lambda finding: (_rank(finding["cause"]), str(finding["subject"]), str(finding["kind"])))
    lines = []
    for finding in ordered[:_FINDINGS_SHOWN]:
        lines.append(f"    {finding['cause']:<11} {finding['kind']:<12} {finding['subject']}")
        details = {"path": finding["path"], "found": _change(finding), "remedy": finding["remedy"]}
        lines += [f"      {label:<9} {value}" for label, value in details.items() if value]
    hidden = ordered[_FINDINGS_SHOWN:]
    if hidden:
        kinds = Counter(str(finding["kind"]) for finding in hidden)
        shown = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        lines.append(f"    … and {_count(len(hidden), 'more finding')} ({shown}); the JSON report has them all")
    return lines


def _rank(cause: str) -> int:
    return CAUSES.index(cause) if cause in CAUSES else len(CAUSES)


def _change(finding: Mapping[str, Any]) -> str:
    actual, expected = finding["actual"], finding["expected"]
    if actual is None and expected is None:
        return ""
    return f"{_shown(actual)}, expected {_shown(expected)}"


def _shown(value: object) -> str:
    return "nothing" if value is None or value == "" else str(value)


def _names(names: Iterable[str]) -> str:
    ordered = list(names)
    if len(ordered) <= _HOSTS_SHOWN:
        return ", ".join(ordered)
    return f"{len(ordered)} hosts: {', '.join(ordered[:_HOSTS_SHOWN])} and {len(ordered) - _HOSTS_SHOWN} more"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
