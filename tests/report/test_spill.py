# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run leaves behind when it is killed, and what the next one makes of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import answer
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run import recording
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording, merge_files
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import Settings, parse_settings
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.spill import Spill, events_of, orphans

PROJECT = Path(__file__).resolve().parents[2]
KILLED = """
    import os, signal, sys
    sys.path[:0] = [{collections!r}, {here!r}]
    from test_spill import recorded, settings
    made = recorded(settings({directory!r}))
    print("recorded", flush=True)
    {then}
"""


def settings(directory: Path | str, **more: object) -> Settings:
    options = {"name": "drift", "formats": ["json", "text"], "history": False, "history_days": 9, "fail": True, "show": False}
    return parse_settings({**options, "directory": str(directory), **more})


def recorded(to: Settings) -> Recording:
    """Return a recording that has heard of one of two hosts."""
    made = Recording(to)
    made.expect([("a\udcff", ["web"], True), ("b", ["web"], True)])
    result = {"findings": [{"subject": "store", "kind": "missing", "severity": "high", "cause": "tampered"}], "generation": {"before": 1}}
    event = answer("a\udcff", "drift", "|", result, check=False, at="2026-11-24T18:01:00Z")
    assert event is not None
    made.heard(event, verify="deep")
    return made


def started(directory: Path, then: str) -> subprocess.Popen[str]:
    """Start a run in a process of its own that records, and then does this."""
    code = KILLED.format(collections=str(PROJECT / ".collections"), here=str(Path(__file__).parent), directory=str(directory), then=then)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "recorded\n"
    return process


def killed(directory: Path) -> Path:
    """Leave what a run leaves that is killed, and return it."""
    process = started(directory, "os.kill(os.getpid(), signal.SIGKILL)")
    assert process.communicate()[1] == ""
    assert process.returncode == -signal.SIGKILL
    (left,) = directory.glob(".drift.*.gathering")
    return left


def report(directory: Path) -> dict:
    return json.loads((directory / "drift.json").read_text())


def test_a_run_that_ends_leaves_its_report_and_nothing_else(tmp_path: Path) -> None:
    written = recorded(settings(tmp_path)).finish(complete=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".reports.lock", "drift.json", "drift.txt"]
    assert report(tmp_path) == written.report
    assert {name: entry["state"] for name, entry in written.report["hosts"].items()} == {"a\udcff": "tampered", "b": "not_checked"}
    assert (written.report["run"]["complete"], written.report["exit"], written.report["run"]["verify"]) == (True, 1, "deep")


def test_the_next_run_makes_the_report_of_one_that_was_killed(tmp_path: Path) -> None:
    left = killed(tmp_path)
    assert not (tmp_path / "drift.json").exists()
    (told,) = Recording(settings(tmp_path)).recovered
    assert not left.exists()
    assert told.report["run"]["complete"] is False
    assert report(tmp_path) == told.report
    assert told.report["hosts"]["a\udcff"]["state"] == "tampered"
    assert (told.report["hosts"]["b"]["reason"], told.report["exit"]) == ("not_reached", 1)


def test_a_merge_takes_what_a_killed_run_left(tmp_path: Path) -> None:
    left = killed(tmp_path / "one")
    other = recorded(settings(tmp_path / "two")).finish(complete=True)
    merged = merge_files([left, other.files["json"]], settings(tmp_path / "all")).report
    assert (merged["run"]["complete"], merged["totals"]["hosts"], left.exists()) == (False, 2, True)


@pytest.mark.parametrize("cut", [2, 30, 200])
def test_a_line_that_was_cut_off_is_the_last(tmp_path: Path, cut: int) -> None:
    left = killed(tmp_path)
    whole = list(events_of(left))
    left.write_bytes(left.read_bytes()[:-cut])
    assert list(events_of(left)) == whole[: len(list(events_of(left)))]
    assert len(list(events_of(left))) < len(whole)
    assert Recording(settings(tmp_path)).recovered[0].report["run"]["complete"] is False


def test_a_run_that_lives_is_left_alone(tmp_path: Path) -> None:
    process = started(tmp_path, "sys.stdin.readline(); made.finish(complete=True)")
    assert orphans(tmp_path, "drift") == []
    assert process.communicate("\n")[1] == ""
    assert report(tmp_path)["run"]["complete"] is True


def test_a_run_whose_worker_outlives_it_is_dead(tmp_path: Path) -> None:
    process = started(tmp_path, "worker = os.fork() or sys.stdin.readline(); os.kill(os.getpid(), signal.SIGKILL)")
    process.wait()
    assert len(orphans(tmp_path, "drift")) == 1
    process.communicate("\n")


def test_a_report_of_another_name_is_left_alone(tmp_path: Path) -> None:
    killed(tmp_path)
    assert Recording(settings(tmp_path, name="other")).recovered == []
    assert orphans(tmp_path, "dri") == []


def test_a_file_of_another_release_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".drift.20261124T180000Z-000000.gathering"
    path.write_text('{"event": "run", "format": 99}\n')
    with pytest.raises(HermeticError, match="99"):
        list(events_of(path))


def test_a_fork_does_not_write_the_same_twice(tmp_path: Path) -> None:
    spill = Spill(tmp_path, "drift", {"id": "20261124T180000Z-000000", "started": "2026-11-24T18:00:00Z", "controllers": []})
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    spill.add({"event": "verify", "verify": "deep"})
    assert [event["event"] for event in events_of(spill.path)] == ["run", "verify"]
    spill.close(remove=True)


def test_what_was_gathered_stays_until_the_report_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    told = "\n".join(raised.value.problems)
    assert "../x" in told
    assert "sarif" in told
    assert "history_days is 0" in told
