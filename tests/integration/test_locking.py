# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a root, with real processes that hold it, hang and die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import LockTimeout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.locking import hold

HOLDER = f"""
import sys, time, os
sys.path[:0] = {sys.path!r}
from pathlib import Path
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.locking import hold
with hold(Path(sys.argv[1]), timeout=0, purpose="converge\\nfor a test"):
    if sys.argv[2] == "fork" and os.fork() == 0:
        sys.stdout.write("child " + str(os.getpid()) + "\\n"); sys.stdout.flush(); time.sleep(60); os._exit(0)
    sys.stdout.write("held\\n"); sys.stdout.flush()
    time.sleep(float(sys.argv[3]))
"""


def holder(path: Path, kind: str = "plain", seconds: float = 60) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(path), kind, str(seconds)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while "held" not in process.stdout.readline():
        assert process.poll() is None
    return process


def test_a_timeout_names_the_holder_and_what_to_do(tmp_path: Path) -> None:
    process = holder(tmp_path / "lock")
    try:
        begin = time.monotonic()
        with pytest.raises(LockTimeout) as caught, hold(tmp_path / "lock", timeout=0.4, purpose="mine"):
            pytest.fail("two holders")
        assert time.monotonic() - begin >= 0.4
        for part in (str(tmp_path / "lock"), f"pid {process.pid} on ", "since 20", "converge for a test", "lock_timeout", "Do not remove"):
            assert part in caught.value.message
    finally:
        process.kill()
        process.wait()


def test_a_timeout_of_zero_tries_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = holder(tmp_path / "lock")
    monkeypatch.setattr(time, "sleep", lambda _seconds: pytest.fail("it waits"))
    try:
        with pytest.raises(LockTimeout), hold(tmp_path / "lock", timeout=0, purpose="mine"):
            pytest.fail("two holders")
    finally:
        process.kill()
        process.wait()


def test_waiting_ends_when_the_holder_ends_and_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = holder(tmp_path / "lock", seconds=600)
    pauses: list[float] = []
    really = time.sleep

    def pause(seconds: float) -> None:
        # The holder ends once it has been waited for, and not at a moment that a busy machine may miss.
        pauses.append(seconds)
        process.kill()
        process.wait()
        really(seconds)

    monkeypatch.setattr(time, "sleep", pause)
    with hold(tmp_path / "lock", timeout=600, purpose="mine") as waited:
        assert pauses and waited >= pauses[0]


def test_a_killed_holder_is_no_obstacle_though_its_name_remains(tmp_path: Path) -> None:
    process = holder(tmp_path / "lock")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert f"pid {process.pid}" in (tmp_path / "lock").read_text()
    with hold(tmp_path / "lock", timeout=0, purpose="mine"):
        assert f"pid {process.pid}" not in (tmp_path / "lock").read_text()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_does_not_keep_the_lock_of_its_killed_parent(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "lock"), "fork", "60"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(2)]
    child = next(int(line.split()[1]) for line in lines if line.startswith("child"))
    try:
        process.kill()
        process.wait()
        os.kill(child, 0)
        with hold(tmp_path / "lock", timeout=0, purpose="mine") as waited:
            assert waited < 1
    finally:
        os.kill(child, signal.SIGKILL)


def test_a_started_program_does_not_inherit_the_lock(tmp_path: Path) -> None:
    with hold(tmp_path / "lock", timeout=0, purpose="mine"):
        sleeper = subprocess.Popen(["sleep", "30"], close_fds=False)
        held = (
            [os.readlink(f"/proc/{sleeper.pid}/fd/{name}") for name in os.listdir(f"/proc/{sleeper.pid}/fd")]
            if os.path.isdir("/proc/self/fd")
            else []
        )
    sleeper.kill()
    sleeper.wait()
    assert str(tmp_path / "lock") not in held
