# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive may unpack to: a multiple of its size, or what the option says; small entries count as what they cost."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import (
    ENTRY_COST,
    FLOOR,
    MIB,
    RATIO,
    UnpackBudget,
    shown,
)
from hypothesis import given
from hypothesis import strategies as st


@given(size=st.integers(0, 1 << 40))
def test_a_large_archive_may_take_more(size: int) -> None:
    assert UnpackBudget("it", archive_size=size).limit == max(FLOOR, RATIO * size)
    assert UnpackBudget("it", archive_size=size, limit_mib=3).limit == 3 * MIB


@given(sizes=st.lists(st.integers(0, 1 << 20), max_size=30))
def test_what_is_spent_covers_what_the_disk_takes(sizes: list[int]) -> None:
    budget = UnpackBudget("it", archive_size=0)
    budget.take(*sizes)
    assert budget.entries == len(sizes)
    assert sum(sizes) <= budget.spent <= sum(sizes) + ENTRY_COST * len(sizes)
    assert budget.spent % ENTRY_COST == 0


def test_the_limit_itself_is_allowed_and_a_byte_more_is_not() -> None:
    budget = UnpackBudget("The archive x", archive_size=0, limit_mib=1)
    budget.take(MIB)
    with pytest.raises(
        UnsafeArchive, match=r"The archive x would unpack to 1\.0 MiB in 2 entries.*unpack_limit allows 1\.0 MiB"
    ) as refused:
        budget.take(1)
    assert "unpack_limit to 2 (MiB)" in refused.value.message


def test_empty_entries_use_a_budget_up_as_well() -> None:
    budget = UnpackBudget("it", archive_size=0, limit_mib=1)
    budget.check_count(budget.most_entries)
    budget.take(*[0] * budget.most_entries)
    with pytest.raises(UnsafeArchive):
        budget.take(0)
    with pytest.raises(UnsafeArchive):
        budget.check_count(budget.most_entries + 1)


def test_directories_are_charged_once_each() -> None:
    budget = UnpackBudget("it", archive_size=0, limit_mib=1)
    for total in (0, 3, 3, 5):
        budget.take_directories(total)
    assert budget.entries == 5


def test_a_stream_may_be_longer_by_the_headers_of_its_entries_only() -> None:
    budget = UnpackBudget("it", archive_size=0, limit_mib=1)
    budget.take(0, 0)
    budget.check_stream(MIB + 2 * ENTRY_COST)
    with pytest.raises(UnsafeArchive, match="or more"):
        budget.check_stream(MIB + 2 * ENTRY_COST + 1)


@pytest.mark.parametrize(("size", "text"), [(0, "0.0 MiB"), (MIB, "1.0 MiB"), (1 << 30, "1.0 GiB")])
def test_sizes_are_said_as_people_read_them(size: int, text: str) -> None:
    assert shown(size) == text
