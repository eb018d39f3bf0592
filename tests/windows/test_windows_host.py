# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The test hosts themselves: what they run, what ends with them, and what is said where there can be none."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from windows_host import Settings, WindowsHost, why_impossible


def test_a_program_gets_its_input_and_hands_back_its_output_and_exit_code(windows_host: WindowsHost) -> None:
    done = windows_host.run(["cmd", "/d", "/c", "findstr b & echo wrong>&2 & exit 7"], input="abc\r\nxyz\r\n")
    assert (done.code, done.text.strip(), done.errors.strip()) == (7, "abc", "wrong")


def test_files_are_seen_from_both_sides(windows_host: WindowsHost) -> None:
    windows_host.path("C:\\shared folder").mkdir()
    windows_host.path("C:\\shared folder\\a.txt").write_text("here\n")
    assert windows_host.run(["cmd", "/d", "/c", "type", "C:\\shared folder\\a.txt"]).text.strip() == "here"


def test_powershell_is_the_real_engine(windows_host: WindowsHost) -> None:
    done = windows_host.run(
        ["powershell.exe", "-NoProfile", "-Command", "$PSVersionTable.PSVersion.Major; [Environment]::OSVersion.Platform"]
    )
    assert done.text.split() == ["7", "Win32NT"], done


def test_hosts_do_not_see_each_other_and_can_run_at_once(new_windows_host: Callable[..., WindowsHost]) -> None:
    one, other = new_windows_host("one"), new_windows_host("other")
    one.path("C:\\only-here.txt").write_text("1")
    line = ["cmd", "/d", "/c", "if exist C:\\only-here.txt (echo yes) else (echo no)"]
    assert [host.run(line).text.strip() for host in (one, other)] == ["yes", "no"]
    assert one.ssh.port != other.ssh.port


def test_kill_ends_every_program_at_once_and_the_host_can_be_used_again(windows_host: WindowsHost) -> None:
    sleeper = windows_host.popen(["cmd", "/d", "/c", "ping -n 600 127.0.0.1"])
    deadline = time.monotonic() + 120
    while not windows_host.processes("ping") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert windows_host.processes("ping")
    windows_host.kill()
    assert sleeper.wait(timeout=120) != 0
    assert not windows_host.processes()
    assert windows_host.run(["cmd", "/d", "/c", "echo again"]).text.strip() == "again"


def test_no_mount_is_left_on_this_machine(windows_host: WindowsHost) -> None:
    windows_host.run(["cmd", "/d", "/c", "exit"])
    mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
    assert str(windows_host.place.parents[1]) not in mounts


def test_a_removed_host_leaves_no_process(new_windows_host: Callable[..., WindowsHost]) -> None:
    host = new_windows_host("removed")
    host.run(["cmd", "/d", "/c", "exit"])
    host.remove()
    assert not host.place.exists()
    left = subprocess.run(["pgrep", "--full", str(host.place)], capture_output=True, text=True, check=False).stdout
    assert left == ""


def test_a_machine_that_cannot_have_a_host_says_all_that_it_lacks_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    reason = why_impossible(Settings(state=tmp_path, powershell=None))
    assert reason is not None and "\n" not in reason
    assert "root" in reason and "HERMETIC_POWERSHELL" in reason


def test_a_setting_that_names_nothing_useful_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HERMETIC_POWERSHELL", str(tmp_path))
    assert str(tmp_path) in str(why_impossible())
