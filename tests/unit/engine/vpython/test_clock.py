# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython import clock
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.clock import jumped_since

DAY = 24 * 3600


@pytest.fixture
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(clock, "_boot", lambda: "one")
    path = tmp_path / "record"
    assert not jumped_since(path)
    return path


def changed(path: Path, **changes: int | str | None) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


@pytest.mark.parametrize("by", [DAY, -DAY])
def test_a_clock_that_was_set_shows(record: Path, by: int) -> None:
    assert not jumped_since(record)
    changed(record, wall=int(time.time()) - by)
    assert jumped_since(record)
    assert not jumped_since(record)


def test_time_that_went_by_does_not(record: Path) -> None:
    before = json.loads(record.read_text())
    changed(record, wall=before["wall"] - DAY, running=before["running"] - DAY)
    assert not jumped_since(record)


def test_after_a_start_of_the_host_only_a_clock_that_went_back_shows(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_boot", lambda: "two")
    changed(record, wall=int(time.time()) - 300 * DAY)
    assert not jumped_since(record)
    changed(record, wall=int(time.time()) + DAY, boot="one")
    assert jumped_since(record)


@pytest.mark.parametrize("text", ["", "[]", '{"wall": "x", "running": 1}', '{"wall": true}'])
def test_a_record_that_is_none_says_nothing(record: Path, text: str) -> None:
    record.write_text(text)
    assert not jumped_since(record)


def test_where_no_start_is_named_less_time_that_ran_tells_one(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_boot", lambda: "")
    assert not jumped_since(record)
    running = json.loads(record.read_text())["running"]
    changed(record, wall=int(time.time()) - 300 * DAY)
    assert jumped_since(record)
    changed(record, wall=int(time.time()) - 300 * DAY, running=running + DAY)
    assert not jumped_since(record)
