# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that end at the same time write one history."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.history import remember
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.own_files import alone_in
from report_samples import finding, host, report

FLASK, LINK = finding(), finding("generation", "link", "tampered", path="current")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "made" / "history.sqlite"


def _remember_one(arguments: tuple[Path, int]) -> int:
    place, number = arguments
    made = report({f"h{number}": host(FLASK)}, id=f"20261124T180000Z-{number:06x}")
    with alone_in(place.parent):
        return len(remember(place, "drift", made, days=9)[0]["history"]["trend"])


def test_runs_that_end_at_the_same_time_wait_for_each_other(place: Path) -> None:
    place.parent.mkdir()
    with multiprocessing.get_context("spawn").Pool(6) as pool:
        lengths = pool.map(_remember_one, [(place, number) for number in range(12)], chunksize=1)
    assert sorted(lengths) == list(range(1, 13))
    with sqlite3.connect(place) as database:
        assert database.execute("SELECT count(*) FROM findings WHERE resolved IS NULL").fetchone() == (12,)
