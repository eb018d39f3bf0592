# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of runs that do not come to their end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from plays import PROJECT
from reported_plays import Hosts, Reported


@pytest.fixture
def fleet(roots: tuple[dict[str, Any], dict[str, str]]) -> Hosts:
    """Return a host that is as declared, and one that was tampered with."""
    return {name: {"root": roots[1][name]} for name in ("clean", "drifted")}


def begun(reported: Reported, hosts: Hosts) -> subprocess.Popen[str]:
    """Start a play that has heard of its first host and then waits for ever."""
    directory = reported.controller.directory
    started = directory / "started"
    waiting = {"ansible.builtin.shell": f"touch {started}; sleep 300"}
    tasks = [reported.begin(), reported.drift(when="inventory_hostname != 'late'"), waiting, reported.drift()]
    (directory / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}], sort_keys=False))
    shared = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_remote_tmp": str(directory / "remote_tmp"),
    }
    (directory / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts, "vars": shared}}))
    settings = {
        "ANSIBLE_CONFIG": str(PROJECT / "ansible.cfg"),
        "ANSIBLE_HOME": str(directory / "ansible"),
        "XDG_CACHE_HOME": str(directory / "cache"),
    }
    tool = str(Path(sys.executable).with_name("ansible-playbook"))
    command = [tool, "-i", str(directory / "hosts.yml"), str(directory / "play.yml")]
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env={**os.environ, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 200
    # The first task is over for all hosts then, and what they answered is in the file.
    while not started.exists():
        assert time.monotonic() < until
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        time.sleep(0.1)
    return process


def ended(process: subprocess.Popen[str]) -> int:
    try:
        process.communicate(timeout=60)
    finally:
        # Ansible's workers are groups of their own, and end by themselves when nobody listens any more.
        process.kill()
    return process.returncode


@pytest.mark.parametrize(
    ("stop", "code"),
    [
        (lambda process: process.send_signal(signal.SIGINT), 99),
        (lambda process: process.send_signal(signal.SIGTERM), -signal.SIGTERM),
    ],
    ids=["interrupted", "terminated"],
)
def test_a_run_that_is_stopped_leaves_a_report_marked_incomplete(
    reported: Reported, fleet: Hosts, stop: Callable[[subprocess.Popen[str]], None], code: int
) -> None:
    process = begun(reported, {"drifted": fleet["drifted"], "late": fleet["clean"]})
    stop(process)
    assert ended(process) == code
    report = reported.report()
    assert (report["run"]["complete"], report["exit"]) == (False, 1)
    assert reported.states() == {"drifted": "tampered", "late": "skipped"}
    assert not list(reported.reports.glob(".drift.*"))


def test_a_run_that_is_killed_is_reported_by_the_next_one(reported: Reported, fleet: Hosts) -> None:
    process = begun(reported, {"drifted": fleet["drifted"], "late": fleet["clean"]})
    os.killpg(process.pid, signal.SIGKILL)
    ended(process)
    assert not (reported.reports / "drift.json").exists()
    until = time.monotonic() + 200
    played = reported.play(reported.begin(), reported.drift(), hosts={"clean": fleet["clean"]})
    while "was cut off at" not in played.output and time.monotonic() < until:
        # A worker of the dead run may have held its file a moment longer.
        played = reported.play(reported.begin(), reported.drift(), hosts={"clean": fleet["clean"]})
    assert played.code == 0, played.output
    assert "was cut off at" in played.output
    assert next(each["tampered"] for each in reported.report()["history"]["trend"]) == 1
    assert not list(reported.reports.glob(".drift.*"))
