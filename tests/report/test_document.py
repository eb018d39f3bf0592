# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report document: states, counts and exit status follow from the findings that count, and from nothing else."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import assemble, declaration_key, not_checked
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import policy_of
from generated_fleet import fleet
from report_samples import finding, host, policy, report, unjudged


@pytest.mark.parametrize(("hosts", "seed"), [(0, 1), (1, 2), (40, 3), (3000, 4)])
def test_the_document_of_a_fleet_is_the_one_that_was_counted_apart(hosts: int, seed: int) -> None:
    wanted = fleet(hosts, seed)
    made = assemble(wanted["run"], unjudged(wanted), wanted["declarations"], policy_of(wanted["policy"]))
    assert made["hosts"] == wanted["hosts"]
    assert made["totals"] == {**wanted["totals"], "resolved": 0}
    assert (made["exit"], made["policy"]) == (wanted["exit"], wanted["policy"])


def test_the_worst_cause_is_the_state_of_a_host() -> None:
    hosts = {
        "a": host(),
        "b": host(finding()),
        "c": host(finding(), finding("store", "interrupted", "interrupted")),
        "d": host(finding(), finding("store", "interrupted", "interrupted"), finding("file:x", "modified", "tampered")),
    }
    states = {name: entry["state"] for name, entry in report(hosts)["hosts"].items()}
    assert states == {"a": "clean", "b": "pending", "c": "interrupted", "d": "tampered"}


def test_an_ignored_finding_is_shown_and_does_not_count() -> None:
    made = report({"db1": host(finding()), "web1": host(finding())}, by=policy({"hosts": "db*"}))
    assert [made["hosts"][name]["state"] for name in ("db1", "web1")] == ["clean", "pending"]
    assert made["hosts"]["db1"]["findings"][0]["ignored"] == 0
    assert (made["totals"]["findings"], made["totals"]["ignored"], made["policy"]["ignores"][0]["matched"]) == (1, 1, 1)
    assert made["exit"] == 2


def test_a_finding_below_the_threshold_does_not_count() -> None:
    made = report({"a": host(finding(severity="medium"))}, by=policy(threshold="high"))
    assert (made["exit"], made["totals"]["below_threshold"], made["hosts"]["a"]["state"]) == (0, 1, "clean")


@pytest.mark.parametrize(
    ("hosts", "complete", "wanted"),
    [
        ({}, True, 0),
        ({"a": host()}, True, 0),
        ({"a": host(finding())}, True, 2),
        ({"a": host(finding()), "b": not_checked("unreachable")}, True, 1),
        ({"a": host(), "b": not_checked("outside_limit")}, True, 1),
        ({"a": host()}, False, 1),
    ],
)
def test_what_is_not_known_weighs_more_than_what_differs(hosts: dict, complete: bool, wanted: int) -> None:
    assert report(hosts, complete=complete)["exit"] == wanted


def test_hosts_with_the_same_declaration_share_it_and_unused_ones_go() -> None:
    one = {"bundles": {"python": "1"}, "virtualenvs": {"a": {"bundle": "python", "packages": {"x": "1", "y": "2"}}}}
    same = {"virtualenvs": {"a": {"packages": {"y": "2", "x": "1"}, "bundle": "python"}}, "bundles": {"python": "1"}}
    assert declaration_key(one) == declaration_key(same) != declaration_key({**one, "bundles": {"python": "2"}})
    assert declaration_key({"bundles": {}, "virtualenvs": {}}) is None
    assert report({"a": host()})["declarations"] == {}
