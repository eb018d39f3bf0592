# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that run from a directory are named, this one and those that started it left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import in_use, running


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> dict[int, str]:
    """Return what runs; the parents of this process are 20 and 10."""
    found: dict[int, str] = {}
    monkeypatch.setattr(running, "WINDOWS", False)
    monkeypatch.setattr(in_use, "commands_below", lambda directory: found)
    monkeypatch.setattr(in_use, "parents", lambda: {os.getpid(): 20, 20: 10, 10: 0, 30: 10})
    return found


def test_each_is_named_in_order(system: dict[int, str]) -> None:
    system.update({31: "b", 30: "a"})
    assert running.processes_below(Path("/r")) == ["pid 30: a", "pid 31: b"]


def test_who_removes_a_root_may_run_from_it(system: dict[int, str]) -> None:
    system.update({os.getpid(): "this", 20: "the shell", 10: "the session", 30: "another"})
    assert running.processes_below(Path("/r")) == ["pid 30: another"]


def test_many_are_counted_and_long_ones_cut(system: dict[int, str]) -> None:
    system.update({1000000 + number: "x" * 500 for number in range(25)})
    lines = running.processes_below(Path("/r"))
    assert len(lines) == 21
    assert lines[-1] == "and 5 more"
    assert all(len(line) < 140 for line in lines)


def test_parents_in_a_circle_end(system: dict[int, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_use, "parents", lambda: {os.getpid(): 20, 20: os.getpid()})
    assert running.processes_below(Path("/r")) == []
