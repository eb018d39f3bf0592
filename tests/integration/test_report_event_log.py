# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run that was killed had recorded, with real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.event_log import EventLog, events_of, orphans
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording, merge_files
from event_log_samples import recorded, report, settings

PROJECT = Path(__file__).resolve().parents[2]
KILLED = """
    import os, signal, sys
    sys.path[:0] = [{collections!r}, {here!r}]
    from event_log_samples import recorded, settings
    made = recorded(settings({directory!r}))
    print("recorded", flush=True)
    {then}
"""


def started(directory: Path, then: str) -> subprocess.Popen[str]:
    """Start a run in a process of its own that records, and then does this."""
    code = KILLED.format(
        collections=str(PROJECT / ".collections"), here=str(PROJECT / "tests" / "report"), directory=str(directory), then=then
    )
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


def test_the_next_run_makes_the_report_of_one_that_was_killed(tmp_path: Path) -> None:
    left = killed(tmp_path)
    assert not (tmp_path / "drift.json").exists()
    (recovered,) = Recording(settings(tmp_path)).recovered
    assert not left.exists()
    assert recovered.report["run"]["complete"] is False
    assert report(tmp_path) == recovered.report
    assert recovered.report["hosts"]["a\udcff"]["state"] == "tampered"
    assert (recovered.report["hosts"]["b"]["reason"], recovered.report["exit"]) == ("not_reached", 1)


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


def test_a_fork_does_not_write_the_same_twice(tmp_path: Path) -> None:
    log = EventLog(tmp_path, "drift", {"id": "20261124T180000Z-000000", "started": "2026-11-24T18:00:00Z", "controllers": []})
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)
    log.add({"event": "verify", "verify": "deep"})
    assert [event["event"] for event in events_of(log.path)] == ["run", "verify"]
    log.close(remove=True)
