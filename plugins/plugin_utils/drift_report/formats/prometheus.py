# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in Prometheus' text format, for node_exporter's textfile collector; the number of its series is bounded. Pure."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

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
    """Give the text of the exposition."""
    # A registry of its own: the library's default one describes the process that writes the report.
    registry = CollectorRegistry()
    registry.register(_ReportCollector(report))
    yield generate_latest(registry).decode()


class _ReportCollector(Collector):
    def __init__(self, report: Mapping[str, Any]) -> None:
        self._report = report

    def collect(self) -> Iterator[GaugeMetricFamily]:
        return _gauges(self._report)


def _gauges(report: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
    run, totals, hosts = report["run"], report["totals"], report["hosts"]
    # A check of a few hosts makes the report of the fleet no younger.
    whole = (run.get("base") or run)["ended"]
    yield _gauge("run_timestamp_seconds", "End of the last run over all hosts of the report.", [({}, _seconds(whole))])
    yield _gauge("update_timestamp_seconds", "End of the last run over any of the hosts.", [({}, _seconds(run["ended"]))])
    yield _gauge("run_complete", "Whether the run was completed.", [({}, run["complete"])])
    yield _gauge("exit", "Exit status of the report: 0 clean, 2 drift, 1 incomplete.", [({}, report["exit"])])
    yield _gauge("hosts", "Hosts by state.", [({"state": state}, totals[state]) for state in STATES])
    reasons = Counter(entry["reason"] for entry in hosts.values() if entry["state"] == NOT_CHECKED)
    yield _gauge("hosts_not_checked", "Hosts that were not checked, by reason.", [({"reason": each}, reasons[each]) for each in REASONS])
    found = _by_kind_and_cause(hosts.values())
    yield _gauge(
        "findings",
        "Findings that count, by kind and cause.",
        [({"kind": kind, "cause": cause}, found[kind, cause]) for kind in (*KINDS, OTHER) for cause in CAUSES],
    )
    severities = [({"severity": name}, number) for name, number in totals["severities"].items()]
    yield _gauge("findings_by_severity", "Findings that count, by severity.", severities)
    for name, help_text in (
        ("ignored", "Findings that the policy ignores."),
        ("below_threshold", "Findings below the threshold of the policy."),
        ("new", "Findings that the previous run did not have."),
        ("resolved", "Findings of the previous run that are resolved."),
    ):
        yield _gauge(f"findings_{name}", help_text, [({}, totals[name])])
    yield _gauge("policy_expired", "Entries of the policy that have expired.", [({}, report["policy"]["expired"])])
    yield _gauge("bundle_hosts", "Hosts by the release of each bundle.", _releases(hosts.values()))
    checked = [entry["checked"] for entry in hosts.values() if entry["checked"]]
    if checked:
        yield _gauge("oldest_check_timestamp_seconds", "Time of the oldest host check.", [({}, _seconds(min(checked)))])
    yield from _per_host(hosts)


def _per_host(hosts: Mapping[str, Mapping[str, Any]]) -> Iterator[GaugeMetricFamily]:
    shown = len(hosts) <= HOSTS_MOST
    yield _gauge("host_series", f"Whether there are series for each host; with more than {HOSTS_MOST} there are none.", [({}, shown)])
    if not shown:
        return
    labels = _host_labels(hosts)
    yield _gauge(
        "host_last_check_timestamp_seconds",
        "Time of the host's check in this run.",
        [({"host": labels[host]}, _seconds(entry["checked"])) for host, entry in hosts.items() if entry["checked"]],
    )
    yield _gauge(
        "host_generation",
        "The current generation of the host.",
        [({"host": labels[host]}, entry["generation"]) for host, entry in hosts.items() if entry["generation"] is not None],
    )
    yield _gauge(
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


def _gauge(name: str, help_text: str, samples: _Samples) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(f"hermetic_drift_{name}", help_text)
    for labels, value in samples:
        gauge.add_sample(gauge.name, dict(labels), float(value))
    return gauge


def _seconds(moment: str) -> float:
    return datetime.datetime.fromisoformat(moment).timestamp()
