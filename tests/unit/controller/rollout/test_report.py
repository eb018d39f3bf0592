# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.report import lines, make_report


def outcome(state: str, message: str = "", *, release: str = "3.12.1+2", back: dict[str, Any] | None = None) -> dict[str, Any]:
    made = {"state": state, "wave": 1, "before": 1, "after": 2, "bundles": {"python": release}, "message": message}
    return {**made, "taken_back": back} if back is not None else made


OUTCOMES = {
    "c": outcome("unhealthy", "down", back={"state": "taken_back", "to": 1, "message": ""}),
    "a": outcome("switched", back={"state": "not_taken_back", "to": None, "message": "locked"}),
    "b": outcome("switched", back={"state": "kept", "to": 1, "message": "it was the first"}),
    "d": None,
}


def test_the_report_has_every_host_and_counts_them() -> None:
    report = make_report(OUTCOMES, rollout="october", stopped="Wave 1: one is bad", promoted={})
    assert list(report["hosts"]) == ["a", "b", "c", "d"]
    assert report["summary"] == {"not_begun": 1, "switched": 2, "unhealthy": 1, "kept": 1, "not_taken_back": 1, "taken_back": 1}
    assert (report["format"], report["rollout"], report["stopped"], report["promoted"]) == (1, "october", "Wave 1: one is bad", {})


def test_people_read_why_it_stopped_and_what_became_of_each_host() -> None:
    report = make_report(OUTCOMES, rollout="october", stopped="Wave 1: one is bad", promoted={})
    assert list(lines(report)) == [
        "Roll-out october: 1 not begun, 2 switched, 1 unhealthy, 1 kept, 1 not taken back, 1 taken back",
        "Stopped. Wave 1: one is bad",
        "a: switched; NOT taken back (locked)",
        "b: switched; it was the first",
        "c: unhealthy (down); taken back to generation 1",
    ]


def back(state: str, message: str = "") -> dict[str, Any]:
    return {"state": "not_begun", "bundles": {}, "taken_back": {"state": state, "to": 1, "message": message}}


def test_what_was_only_taken_back_was_not_begun() -> None:
    report = make_report({"a": back("taken_back"), "b": back("kept")}, rollout="october", stopped="", promoted={})
    assert report["summary"] == {"not_begun": 2, "kept": 1, "taken_back": 1}
    assert list(lines(report)) == ["Roll-out october: 1 kept, 1 taken back", "a: taken back to generation 1"]


def test_what_failed_after_a_host_had_gone_back_is_said() -> None:
    report = make_report({"a": back("taken_back", "the service\x1b does not start")}, rollout="october", stopped="", promoted={})
    assert list(lines(report))[1] == "a: taken back to generation 1, then failed (the service\\x1b does not start)"


def test_a_name_that_no_host_knows_is_said() -> None:
    report = make_report({"a": back("kept"), "b": back("kept")}, rollout="otcober", stopped="", promoted={})
    first, second = lines(report)
    assert first == "Roll-out otcober: 2 kept"
    assert second.startswith("Nothing was to be taken back: no host has a generation of roll-out otcober in force.")
    # This is what one sees of a host that has a reason to keep it, too.
    report = make_report({"a": back("kept", "it was the first")}, rollout="october", stopped="", promoted={})
    assert list(lines(report)) == ["Roll-out october: 1 kept", "a: it was the first"]


def test_a_plan_does_not_look_like_a_roll_out() -> None:
    report = make_report({"a": outcome("switched")}, rollout="october", stopped="", promoted={})
    assert list(lines(report, planned=True)) == ["Roll-out october in check mode, nothing was changed: 1 switched"]


def test_hosts_on_which_all_went_well_are_counted_only() -> None:
    report = make_report({"a": outcome("switched")}, rollout="october", stopped="", promoted={"python": "stable names 3.12.1+2"})
    assert report["stopped"] is None
    assert list(lines(report)) == ["Roll-out october: 1 switched", "Promoted: python stable names 3.12.1+2"]


def test_what_a_host_says_controls_no_terminal() -> None:
    report = make_report({"a\x1b[2J": outcome("failed", "\x1b]0;x\x07")}, rollout="october", stopped="", promoted={})
    assert not any("\x1b" in line or "\x07" in line for line in lines(report))


def test_a_shared_roll_out_says_what_is_recorded_for_all() -> None:
    record = {"state": "running", "since": "2026-11-26T21:00:00Z", "runs": 4, "done": ["0" * 12]}
    report = make_report({"a": outcome("switched")}, rollout="october", stopped="", promoted={}, record=record)
    assert report["record"] == record
    assert list(lines(report)) == [
        "Roll-out october: 1 switched",
        "For all who share it, it is running since 2026-11-26T21:00:00Z, 1 of 4 runs are done.",
    ]
    assert "record" not in make_report({"a": outcome("switched")}, rollout="october", stopped="", promoted={}, record={})
