# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many files are hashed in batches of similar size, each once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import Inode
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import inode_hashing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class Workers:
    """Answers for each path with its name, and remembers the batches."""

    batches: list[list[str]]
    counts: list[int]

    def __init__(self, python: Path, *, count: int) -> None:
        self.counts.append(count)

    def run(self, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.batches.extend(job["paths"] for job in jobs)
        return [{"digests": [None if path.startswith("bad") else f"digest of {path}" for path in job["paths"]]} for job in jobs]


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> type[Workers]:
    monkeypatch.setattr(inode_hashing, "Workers", Workers)
    Workers.batches, Workers.counts = [], []
    return Workers


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=st.lists(st.integers(0, 1 << 30), max_size=40), count=st.integers(1, 8))
def test_every_file_is_hashed_once_and_the_answer_is_its_own(workers: type[Workers], sizes: list[int], count: int) -> None:
    workers.batches.clear()
    paths: dict[Inode, str] = {(1, number, size): f"file {number}" for number, size in enumerate(sizes)}
    assert inode_hashing.hash_inodes(paths, count=count) == {inode: f"digest of {path}" for inode, path in paths.items()}
    assert sorted(path for batch in workers.batches for path in batch) == sorted(paths.values())
    assert all(workers.batches)


def test_nothing_to_hash_starts_nothing(workers: type[Workers]) -> None:
    assert inode_hashing.hash_inodes({}, count=2) == {}
    assert workers.counts == []


def test_what_cannot_be_read_is_left_out(workers: type[Workers]) -> None:
    assert inode_hashing.hash_inodes({(1, 1, 1): "bad", (1, 2, 1): "good"}, count=2) == {(1, 2, 1): "digest of good"}


def test_the_largest_come_first(workers: type[Workers]) -> None:
    paths: dict[Inode, str] = {(1, size, size << 20): str(size) for size in (1, 50, 3, 40)}
    inode_hashing.hash_inodes(paths, count=2)
    assert [path for batch in workers.batches for path in batch] == ["50", "40", "3", "1"]
    # A batch that has enough takes no more.
    assert workers.batches[0] == ["50"]
