# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in Prometheus' text format, for node_exporter's textfile collector; the number of its series is bounded. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ....module_utils.hermetic.findings.finding import CAUSES, KINDS
from ..model.document import NOT_CHECKED, REASONS, STATES
from ..model.printable import printable

HOSTS_MOST = 1000
"""With more hosts than this, no series is per host."""
RELEASES_MOST = 100
"""Releases beyond this many, the rarest, are one series."""
OTHER = "other"

_Samples = Iterable[tuple[Mapping[str, str], float]]


def prometheus(report: Mapping[str, Any]) -> Iterator[str]:
    """Give the lines of the exposition."""
    run, totals, hosts = report["run"], report["totals"], report["hosts"]
    # A check of a few hosts makes the report of the fleet no younger.
    whole = (run.get("base") or run)["ended"]
    yield from _gauge("run_timestamp_seconds", "When the last run over all hosts of the report ended.", [({}, _seconds(whole))])
    yield from _gauge("update_timestamp_seconds", "When the last run over any of them ended.", [({}, _seconds(run["ended"]))])
    yield from _gauge("run_complete", "Whether the run came to its end.", [({}, run["complete"])])
    yield from _gauge("exit", "0 clean, 2 drift, 1 something is not known.", [({}, report["exit"])])
    yield from _gauge("hosts", "Hosts by state.", [({"state": state}, totals[state]) for state in STATES])
    reasons = Counter(entry["reason"] for entry in hosts.values() if entry["state"] == NOT_CHECKED)
    yield from _gauge(
        "hosts_not_checked", "Hosts that were not checked, by reason.", [({"reason": each}, reasons[each]) for each in REASONS]
    )
    found = _by_kind_and_cause(hosts.values())
    yield from _gauge(
        "findings",
        "Findings that count, by kind and cause.",
        [({"kind": kind, "cause": cause}, found[kind, cause]) for kind in (*KINDS, OTHER) for cause in CAUSES],
    )
    severities = [({"severity": name}, number) for name, number in totals["severities"].items()]
    yield from _gauge("findings_by_severity", "Findings that count, by severity.", severities)
    for name, told in (
        ("ignored", "Findings that the policy ignores."),
        ("below_threshold", "Findings below the threshold of the policy."),
        ("new", "Findings that the run before did not know."),
        ("resolved", "Findings of the run before that are gone."),
    ):
        yield from _gauge(f"findings_{name}", told, [({}, totals[name])])
    yield from _gauge("policy_expired", "Entries of the policy that have expired.", [({}, report["policy"]["expired"])])
    yield from _gauge("bundle_hosts", "Hosts by the release of each bundle.", _releases(hosts.values()))
    checked = [entry["checked"] for entry in hosts.values() if entry["checked"]]
    if checked:
        yield from _gauge("oldest_check_timestamp_seconds", "When the host that was checked first was.", [({}, _seconds(min(checked)))])
    yield from _per_host(hosts)


def _per_host(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    told = len(hosts) <= HOSTS_MOST
    yield from _gauge("host_series", f"Whether there are series for each host; with more than {HOSTS_MOST} there are none.", [({}, told)])
    if not told:
        return
    labels = _host_labels(hosts)
    yield from _gauge(
        "host_last_check_timestamp_seconds",
        "When the host was checked in this run.",
        [({"host": labels[host]}, _seconds(entry["checked"])) for host, entry in hosts.items() if entry["checked"]],
    )
    yield from _gauge(
        "host_generation",
        "The generation in force.",
        [({"host": labels[host]}, entry["generation"]) for host, entry in hosts.items() if entry["generation"] is not None],
    )
    yield from _gauge(
        "host_findings",
        "Findings of the host that count; none for a host that was not checked.",
        [
            ({"host": labels[host]}, sum(finding["counts"] for finding in entry["findings"]))
            for host, entry in hosts.items()
            if entry["state"] != NOT_CHECKED
        ],
    )


def _host_labels(hosts: Iterable[str]) -> dict[str, str]:
    """Return a label for each host, so that no two hosts have the same once what cannot be shown is escaped."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for host in hosts:
        label = shown = printable(host, most=200)
        number = 2
        while label in taken:
            label, number = f"{shown} ({number})", number + 1
        taken.add(label)
        labels[host] = label
    return labels


def _by_kind_and_cause(entries: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    return Counter(
        (finding["kind"] if finding["kind"] in KINDS else OTHER, finding["cause"])
        for entry in entries
        for finding in entry["findings"]
        if finding["counts"]
    )


def _releases(entries: Iterable[Mapping[str, Any]]) -> _Samples:
    found = Counter(
        (printable(name, most=100), printable(release, most=100)) for entry in entries for name, release in entry["bundles"].items()
    )
    ordered = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    rest = sum(number for _release, number in ordered[RELEASES_MOST:])
    samples = [({"bundle": name, "release": release}, number) for (name, release), number in ordered[:RELEASES_MOST]]
    return [*samples, *([({"bundle": OTHER, "release": OTHER}, rest)] if rest else [])]


def _gauge(name: str, told: str, samples: _Samples) -> Iterator[str]:
    metric = f"hermetic_drift_{name}"
    yield f"# HELP {metric} {told}\n# TYPE {metric} gauge\n"
    for labels, value in samples:
        inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
        yield f"{metric}{{{inside}}} {float(value):.16g}\n" if inside else f"{metric} {float(value):.16g}\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _seconds(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment).timestamp()
