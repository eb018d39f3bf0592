# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the members of an archive begin is a list of ascending offsets within it, or nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.archive_members import members_problem


@pytest.mark.parametrize("value", [None, [], [0], [0, 5, 99], list(range(100))])
def test_what_may_be(value: Any) -> None:
    assert members_problem(value, size=100) is None


@pytest.mark.parametrize("size", [None, "many", True, -1])
def test_a_size_that_is_none_bounds_nothing(size: object) -> None:
    assert members_problem([0, 1 << 40], size=size) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({}, "no list"),
        ("0", "no list"),
        (0, "no list"),
        ((0, 5), "no list"),
        ([5, 9], "first is at 5"),
        ([0, 5, 5], "5 follows 5"),
        ([0, 9, 5], "5 follows 9"),
        ([0, -1], "'?-1'? is no number"),
        ([0, 1.5], "is no number"),
        ([0, True], "is no number"),
        ([False, 5], "is no number"),
        ([0, "5"], "is no number"),
        ([0, None], "is no number"),
        ([0, [5]], "is no number"),
        ([0, 1 << 63], "is no number"),
        ([0, 100], "behind the end"),
        (list(range((1 << 17) + 1)), "is the most"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_must_not_be(value: Any, reason: str) -> None:
    problem = members_problem(value, size=100)
    assert problem is not None
    assert re.search(reason, problem)
    assert len(problem) < 300
