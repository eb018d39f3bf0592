# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several environments of a name a process was started from."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.held_environments import chosen

MADE = [(300.0, "newest"), (100.0, "oldest"), (200.0, "middle")]


@pytest.mark.parametrize(
    ("since", "expected"), [(50.0, "oldest"), (100.0, "oldest"), (250.0, "middle"), (300.5, "newest"), (None, "oldest")]
)
def test_it_is_the_newest_that_was_there(since: float | None, expected: str) -> None:
    assert chosen(MADE, since) == expected


def test_without_any_it_is_none() -> None:
    assert chosen([], 100.0) is None
