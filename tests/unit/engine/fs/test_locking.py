# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock of a root, with real processes that hold it, hang and die."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot, LockTimeout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import locking
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.locking import alone_with, hold


def test_a_free_lock_costs_no_waiting_and_leaves_no_name(tmp_path: Path) -> None:
    with hold(tmp_path / "lock", timeout=0, purpose="a test") as waited:
        assert waited < 1
        text = (tmp_path / "lock").read_text()
        assert f"pid {os.getpid()} on " in text
        assert text.endswith(": a test\n")
        assert "Z" in text
    assert (tmp_path / "lock").read_text() == ""


def test_threads_exclude_each_other(tmp_path: Path) -> None:
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        with hold(tmp_path / "lock", timeout=600, purpose="thread"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1, 1, 1, 1]


def test_a_lock_file_that_is_replaced_at_the_last_moment_guards_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "lock"
    real = locking._lock
    taken: list[int] = []

    def late(descriptor: int) -> None:
        if not taken:  # another run removed the whole root and made it again
            path.unlink()
            path.touch()
        taken.append(os.fstat(descriptor).st_ino)
        real(descriptor)

    monkeypatch.setattr(locking, "_lock", late)
    with hold(path, timeout=600, purpose="mine"):
        assert len(taken) == 2
        monkeypatch.setattr(locking, "_lock", real)
        with pytest.raises(LockTimeout), hold(path, timeout=0, purpose="other"):
            pytest.fail("two holders")


def test_an_error_inside_releases_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), hold(tmp_path / "lock", timeout=0, purpose="mine"):
        raise KeyError
    with hold(tmp_path / "lock", timeout=0, purpose="mine"):
        pass


def test_a_lock_that_cannot_be_opened_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BrokenRoot, match="does not exist"), hold(tmp_path / "gone" / "lock", timeout=5, purpose="mine"):
        pytest.fail("held")
    (tmp_path / "directory").mkdir()
    with (
        pytest.raises(BrokenRoot, match="a directory stands where a file belongs"),
        hold(tmp_path / "directory", timeout=5, purpose="mine"),
    ):
        pytest.fail("held")


def test_a_file_is_locked_without_a_word_in_it_and_by_one_alone(tmp_path: Path) -> None:
    file = tmp_path / "pyvenv.cfg"
    file.write_text("home = x\n")
    with alone_with(file) as first, alone_with(file) as second:
        assert (first, second) == (True, False)
    with alone_with(file) as again, alone_with(tmp_path / "none") as none:
        assert (again, none) == (True, True)
    assert file.read_text() == "home = x\n" and not (tmp_path / "none").exists()
