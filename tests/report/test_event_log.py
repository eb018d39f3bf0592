# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves behind when it is killed, and what the next one makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run import recording
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.event_log import events_of
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording
from event_log_samples import recorded, report, settings


def test_a_run_that_ends_leaves_its_report_and_nothing_else(tmp_path: Path) -> None:
    written = recorded(settings(tmp_path)).finish(complete=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".reports.lock", "drift.json", "drift.txt"]
    assert report(tmp_path) == written.report
    assert {name: entry["state"] for name, entry in written.report["hosts"].items()} == {"a\udcff": "tampered", "b": "not_checked"}
    assert (written.report["run"]["complete"], written.report["exit"], written.report["run"]["verify"]) == (True, 1, "deep")


def test_a_file_of_another_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".drift.20261124T180000Z-000000.gathering"
    path.write_text('{"event": "run", "format": 99}\n')
    with pytest.raises(HermeticError, match="99"):
        list(events_of(path))


def test_what_was_recorded_stays_until_the_report_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = recorded(settings(tmp_path))

    def full(*_arguments: object, **_options: object) -> None:
        raise HermeticError("no space")

    monkeypatch.setattr(recording, "write_report", full)
    with pytest.raises(HermeticError, match="no space"):
        made.finish(complete=True)
    assert list(tmp_path.glob(".drift.*.gathering"))


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HermeticError, match="file/reports"):
        Recording(settings(tmp_path / "file" / "reports"))


def test_every_wrong_option_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(HermeticError) as raised:
        settings(tmp_path, name="../x", formats=["json", "sarif"], history_days=0)
    problems = "\n".join(raised.value.problems)
    assert "../x" in problems
    assert "sarif" in problems
    assert "history_days is 0" in problems
