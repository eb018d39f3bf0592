# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run over some hosts and the report that is there: what it keeps, what goes, and what it says of itself."""

from __future__ import annotations

import datetime
import socket
from pathlib import Path

import format_readers as read
import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.plain_text import plain_text
from updating_samples import ALL, STRAY, check, on_disk, settings, states


def test_a_check_of_one_host_changes_that_host_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 1, {"a": [], "b": [STRAY], "c": "unreachable"})
    written = check(to, monkeypatch, 2, {"c": []})
    # The run ends with the status of its own host, the report has that of all.
    assert (written.report["exit"], written.whole["exit"]) == (0, 2)
    report = on_disk(tmp_path)
    assert states(report) == {"a": "clean", "b": "tampered", "c": "clean"}
    assert report["run"]["base"] == {"id": report["run"]["base"]["id"], "ended": "2026-11-24T18:01:00Z"}
    assert [report["hosts"][host]["checked"][14:16] for host in ALL] == ["01", "01", "02"]
    files = {path.name.partition(".")[2]: path.read_text() for path in tmp_path.glob("drift.*")}
    for summary in (read.of_json_lines(files["jsonl"])[0], read.of_text(files["txt"])):
        assert (summary["states"]["clean"], summary["exit"]) == (2, 2)
    metrics = read.of_prometheus(files["prom"])
    minutes = {minute: datetime.datetime(2026, 11, 24, 18, minute, tzinfo=datetime.UTC).timestamp() for minute in (1, 2)}
    assert metrics["samples"]["run_timestamp_seconds"] == [({}, minutes[1])]
    assert metrics["samples"]["update_timestamp_seconds"] == [({}, minutes[2])]
    assert metrics["states"]["clean"] == 2
    assert "Hosts that were not in this run are as earlier runs found them" in files["txt"]
    assert "are as earlier runs found them" in files["html"]
    assert "earlier runs" not in "".join(plain_text(written.report))
    # The next run over all is one again.
    assert check(to, monkeypatch, 3, {"a": [], "b": [], "c": []}).whole["run"]["base"] is None


def test_the_history_is_of_all_hosts_and_nothing_is_resolved_that_was_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 1, {"a": [STRAY], "b": [STRAY], "c": []})
    written = check(to, monkeypatch, 2, {"a": []})
    history = written.whole["history"]
    assert [each["tampered"] for each in history["trend"]] == [2, 1]
    assert [each["host"] for each in history["resolved"]] == ["a"]
    assert [each["host"] for each in history["oldest"]] == ["b"]
    # What was resolved by a part stays reported until all are asked again.
    third = check(to, monkeypatch, 3, {"b": []})
    assert sorted(each["host"] for each in third.whole["history"]["resolved"]) == ["a", "b"]
    assert third.whole["totals"]["resolved"] == 2
    assert third.report["history"]["oldest"] == []


def test_what_is_open_on_hosts_of_other_runs_is_not_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path, update=False)
    check(to, monkeypatch, 1, {"a": [STRAY]})
    written = check(to, monkeypatch, 2, {"b": [STRAY]})
    assert [each["host"] for each in written.whole["history"]["oldest"]] == ["b"]
    assert states(on_disk(tmp_path)) == {"b": "tampered"}


def test_hosts_outside_the_limit_keep_what_is_known_and_the_run_ends_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 1, {"a": [], "b": []}, inventory=ALL)
    written = check(to, monkeypatch, 2, {"a": []}, outside=("b", "c"))
    assert states(written.whole) == {"a": "clean", "b": "clean", "c": "outside_limit"}
    assert (written.report["exit"], states(written.report)["b"]) == (1, "outside_limit")


def test_hosts_that_left_the_inventory_leave_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 1, {"a": [], "b": [STRAY], "c": []})
    assert states(check(to, monkeypatch, 2, {"a": []}, inventory=("a", "c", "new")).whole) == {"a": "clean", "c": "clean"}


def test_a_host_that_cannot_be_checked_again_is_not_clean_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 1, {"a": [], "b": []})
    assert states(check(to, monkeypatch, 2, {"a": "unreachable"}).whole) == {"a": "unreachable", "b": "clean"}


def test_an_update_of_a_run_that_was_cut_off_stays_incomplete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 1, {"a": [], "b": []}, complete=False)
    assert check(to, monkeypatch, 2, {"a": []}).whole["run"]["complete"] is False


def test_what_a_killed_run_had_found_takes_no_newer_word_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    check(to, monkeypatch, 5, {"a": [STRAY], "b": "unreachable", "c": []})
    written = check(to, monkeypatch, 2, {"a": [], "b": []}, complete=False)
    assert states(written.whole) == {"a": "tampered", "b": "unreachable", "c": "clean"}
    assert written.whole["run"]["ended"] == "2026-11-24T18:05:00Z"


def test_formats_that_nobody_reads_back_are_updated_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path, formats=["prometheus", "html"])
    check(to, monkeypatch, 1, {"a": [], "b": [STRAY], "c": []})
    check(to, monkeypatch, 2, {"c": []})
    assert 'hermetic_drift_hosts{state="clean"} 2' in (tmp_path / "drift.prom").read_text()
    assert not (tmp_path / "drift.json").exists()
    check(settings(tmp_path), monkeypatch, 3, {"a": []})
    assert states(on_disk(tmp_path)) == {"a": "clean", "b": "tampered", "c": "clean"}
    assert not (tmp_path / ".drift.json").exists()


def test_hosts_of_other_controllers_stay_in_a_report_that_was_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    to = settings(tmp_path)
    monkeypatch.setattr(socket, "gethostname", lambda: "elsewhere")
    check(to, monkeypatch, 1, {"x": [], "y": [STRAY]}, inventory=("x", "y"))
    monkeypatch.setattr(socket, "gethostname", lambda: "here")
    written = check(to, monkeypatch, 2, {"a": []})
    assert states(written.whole) == {"a": "clean", "x": "clean", "y": "tampered"}
    assert written.whole["run"]["controllers"] == ["elsewhere", "here"]
    # A run over its whole inventory is a report of its own.
    assert states(check(to, monkeypatch, 3, dict.fromkeys(ALL, "failed")).whole) == dict.fromkeys(ALL, "failed")


DAMAGED = {
    "cut off": '{"format": 2, "hosts": {',
    "of another format": '{"format": 1, "hosts": {}}',
    "no report": "[1, 2]",
    "deep": "[" * 100_000,
    "of a wrong inner shape": '{"format": 2, "run": {"id": 3}, "hosts": {"a": []}, "policy": {}, "declarations": {}}',
    "no text": "\udcff\udcfe",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_report_that_cannot_be_read_is_left_alone_by_a_part_and_replaced_by_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    to = settings(tmp_path)
    there = tmp_path / "drift.json"
    there.write_bytes(content.encode("utf-8", "surrogateescape"))
    (tmp_path / "drift.prom").write_text("as it was")
    written = check(to, monkeypatch, 2, {"a": []})
    assert written.problem is not None and str(there) in written.problem
    assert there.read_bytes() == content.encode("utf-8", "surrogateescape")
    assert (tmp_path / "drift.prom").read_text() == "as it was"
    beside = f"drift-{written.report['run']['id']}"
    assert states(on_disk(tmp_path, beside)) == {"a": "clean"}
    assert check(to, monkeypatch, 3, {"a": [], "b": [], "c": []}).problem is None
    assert set(on_disk(tmp_path)["hosts"]) == set(ALL)
