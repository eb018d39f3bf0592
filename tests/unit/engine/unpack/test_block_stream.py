# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stream over blocks gives their bytes, wherever they are cut, and keeps to its budget."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.block_stream import BlockStream
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import MIB, UnpackBudget
from hypothesis import given
from hypothesis import strategies as st


def stream(blocks: Iterable[bytes], limit: int = 1) -> BlockStream:
    return BlockStream(iter(blocks), UnpackBudget("it", archive_size=0, limit_mib=limit))


BLOCKS = st.lists(st.binary(min_size=1, max_size=50), max_size=20)


@given(blocks=BLOCKS, sizes=st.lists(st.integers(0, 70), min_size=1))
def test_any_cut_gives_the_same_bytes(blocks: list[bytes], sizes: list[int]) -> None:
    whole = b"".join(blocks)
    read, made = b"", stream(blocks)
    for number, size in enumerate([*sizes, len(whole)]):
        assert made.tell() == len(read)
        part = made.read(size) if number % 2 else b"".join(made.pieces(size))
        assert part == whole[len(read) : len(read) + size]
        read += part
    made.drain()
    assert made.length == len(whole)
    assert made.end_of_data == len(whole.rstrip(b"\0"))


@given(blocks=BLOCKS, place=st.integers(0, 1200))
def test_going_on_ahead_reaches_the_place_or_says_that_the_stream_ends(blocks: list[bytes], place: int) -> None:
    made, whole = stream(blocks), b"".join(blocks)
    if place > len(whole):
        with pytest.raises(EOFError):
            made.skip_to(place)
    else:
        made.skip_to(place)
        assert made.read(5) == whole[place : place + 5]


def test_a_place_that_has_been_passed_is_an_error() -> None:
    made = stream([b"12345"])
    made.read(3)
    with pytest.raises(ValueError, match="longer than its header says"):
        made.skip_to(2)


def test_a_size_below_nothing_gives_nothing() -> None:
    assert list(stream([b"12345"]).pieces(-3)) == []


def test_what_is_more_than_the_budget_allows_ends_there() -> None:
    with pytest.raises(UnsafeArchive):
        stream([bytes(MIB)] * 3).drain()
