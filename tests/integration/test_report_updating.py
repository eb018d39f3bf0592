# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of a report that real processes write at the same time."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
from updating_samples import STRAY, check, on_disk, settings, states


def _check_one(arguments: tuple[Path, str]) -> None:
    directory, host = arguments
    check(settings(directory), None, 3, {host: []}, inventory=tuple(f"h{number}" for number in range(8)))


def test_parts_that_end_at_the_same_time_are_all_in_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = tuple(f"h{number}" for number in range(8))
    check(settings(tmp_path), monkeypatch, 1, {name: [STRAY] for name in names}, inventory=names)
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        pool.map(_check_one, [(tmp_path, name) for name in names], chunksize=1)
    assert set(states(on_disk(tmp_path)).values()) == {"clean"}
