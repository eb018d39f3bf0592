# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of one run: of its host alone, and never better than the run was."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import Report, assemble, not_checked, unknown_host
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import Policy
from ansible_collections.hermetic.python.plugins.plugin_utils.pull.run_report import failed_report, host_report, last_words, says_failure

RUN: dict[str, Any] = {
    "id": "1-a",
    "started": "2026-11-26T10:00:00Z",
    "ended": "2026-11-26T10:01:00Z",
    "complete": True,
    "verify": "quick",
    "controllers": ["web01"],
    "commands": None,
    "base": None,
}
CLEAN = {**unknown_host(), "checked": "2026-11-26T10:00:30Z"}


def report(**hosts: dict[str, Any]) -> Report:
    return assemble(RUN, hosts, {}, Policy())


def test_the_report_is_of_the_host_alone_and_counted_again() -> None:
    made = host_report(report(a=CLEAN, b=not_checked("outside_limit")), "a")
    assert (list(made["hosts"]), made["totals"]["hosts"], made["exit"]) == (["a"], 1, 0)
    assert host_report(report(b=CLEAN), "a")["hosts"] == {}


def test_a_run_that_failed_is_not_hidden_behind_what_it_found_before() -> None:
    assert not says_failure(report(a=CLEAN), "a")
    assert says_failure(report(a=not_checked("failed")), "a")
    failed = failed_report("a", "no network", run=RUN, policy=Policy())
    assert (failed["exit"], failed["hosts"]["a"]["reason"], failed["hosts"]["a"]["message"]) == (1, "failed", "no network")


@pytest.mark.parametrize("size", [0, 3, 5000])
def test_the_last_words_are_bounded(size: int) -> None:
    found = last_words("\n\n".join(f"line {number}" for number in range(size)))
    assert found.count("\n") < 20 and len(found) <= 2000
    assert not size or found.endswith(f"line {size - 1}")
    assert len(last_words("x" * 100_000)) == 2000
