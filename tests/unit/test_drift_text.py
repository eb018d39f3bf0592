# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The drift report: what counts as clean, what counts as not checked, and that a large fleet stays readable."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hermetic.python.plugins.filter.drift_summary import drift_summary
from ansible_collections.hermetic.python.plugins.filter.drift_text import drift_text
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_text import render, summarise


def finding(subject: str = "file:recipes/a.py", *, kind: str = "modified", cause: str = "tampered", **more: Any) -> dict[str, Any]:
    base = {"subject": subject, "kind": kind, "severity": "error", "cause": cause, "expected": "sha256 aa", "actual": "sha256 bb"}
    return {**base, "path": "/opt/infra-system/a.py", "remedy": "rebuild", **more}


def test_a_host_without_findings_is_clean() -> None:
    report = summarise({"a": {"changed": False, "findings": []}})
    assert report["exit"] == 0
    assert report["totals"]["clean"] == 1
    assert "CLEAN\n\n  a" in render(report)


def test_a_host_with_findings_has_drift() -> None:
    report = summarise({"a": {"findings": [finding()]}, "b": {"findings": []}})
    assert report["exit"] == 2
    assert report["totals"]["causes"]["tampered"] == 1
    text = render(report)
    assert "2 hosts: 1 clean, 1 with drift, 0 not checked" in text
    assert "tampered    modified     file:recipes/a.py" in text
    assert "found     sha256 bb, expected sha256 aa" in text


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (None, "not reached"),
        ({}, "not reached"),
        ({"unreachable": True, "msg": "timed out", "findings": []}, "unreachable"),
        ({"failed": True, "msg": "no bundle", "errors": ["one", "two"], "findings": []}, "failed"),
        ({"skipped": True, "findings": []}, "failed"),
        ({"changed": False}, "failed"),
        ({"findings": "none"}, "failed"),
    ],
)
def test_a_host_that_did_not_answer_is_never_clean(result: dict[str, Any] | None, state: str) -> None:
    report = summarise({"a": result, "b": {"findings": []}})
    assert report["hosts"]["a"]["state"] == state
    assert report["totals"] | {"causes": {}} == {"hosts": 2, "clean": 1, "drift": 0, "not_checked": 1, "findings": 0, "causes": {}}
    assert report["exit"] == 1
    assert f"a: {state}: " in render(report)


def test_every_error_of_a_failed_host_is_shown() -> None:
    text = render(summarise({"a": {"failed": True, "msg": "two problems", "errors": ["one", "two"]}}))
    assert "a: failed: two problems; one; two" in text


def test_an_error_that_the_message_holds_is_not_said_twice() -> None:
    text = render(summarise({"a": {"failed": True, "msg": "one problem", "errors": ["one problem"]}}))
    assert "a: failed: one problem\n" in text


def test_not_checked_outweighs_drift_in_the_exit() -> None:
    assert summarise({"a": {"findings": [finding()]}, "b": None})["exit"] == 1


def test_what_someone_did_by_hand_comes_before_what_is_pending() -> None:
    findings = [
        finding("virtualenv:a", kind="stale", cause="pending"),
        finding("store", cause="interrupted"),
        finding("z", cause="tampered"),
    ]
    text = render(summarise({"a": {"findings": findings}}))
    assert text.index("tampered    ") < text.index("interrupted ") < text.index("pending     ")


def test_hosts_with_the_same_findings_share_a_paragraph() -> None:
    text = render(summarise({f"host{number:05}": {"findings": [finding()]} for number in range(10_000)}))
    assert text.count("file:recipes/a.py") == 1
    assert "10000 hosts: host00000, " in text
    assert "and 9988 more: 1 finding" in text
    assert len(text.splitlines()) < 20


def test_a_host_with_very_many_findings_stays_readable() -> None:
    report = summarise({"a": {"findings": [finding(f"file:{number}") for number in range(1000)]}})
    assert "and 960 more findings (960 modified); the JSON report has them all" in render(report)
    assert len(report["hosts"]["a"]["findings"]) == 1000


def test_a_report_over_ten_thousand_hosts_takes_seconds() -> None:
    results = {f"host{number}": {"findings": [finding(f"file:{number}/{part}") for part in range(10)]} for number in range(10_000)}
    started = time.monotonic()
    render(summarise(results))
    assert time.monotonic() - started < 10


def test_the_report_is_json() -> None:
    report = summarise({"a": {"findings": [finding()]}, "b": None}, generated="now", verify="deep")
    assert json.loads(json.dumps(report)) == report
    assert render(report).startswith("Drift report (made now, verify deep)\n")


def test_a_finding_without_a_value_says_nothing() -> None:
    text = render(summarise({"a": {"findings": [finding(kind="missing", actual=None, expected="file")]}}))
    assert "found     nothing, expected file" in text


def test_an_unknown_cause_is_shown_and_counted() -> None:
    report = summarise({"a": {"findings": [finding(cause=None)]}})
    assert report["totals"]["causes"]["unknown"] == 1
    assert "unknown     modified" in render(report)


def test_the_filters_refuse_what_they_cannot_report() -> None:
    with pytest.raises(AnsibleFilterError, match="dictionary of host names"):
        drift_summary([])
    with pytest.raises(AnsibleFilterError, match="format 1"):
        drift_text({})
    assert drift_text(drift_summary({"a": {"findings": []}})).startswith("Drift report\n")
