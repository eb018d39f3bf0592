# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""However the members of a gzip file are stated, the bytes are those that the file holds, or an error."""

from __future__ import annotations

import gzip
import io
import random
import tempfile
import zlib
from collections.abc import Sequence
from contextlib import closing

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.crew import Crew
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import gzip_members
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive_source import StoredArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.gzip_members import (
    BLOCK,
    gunzipped,
    member_offsets,
    side_by_side,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import MIB, UnpackBudget
from hypothesis import given
from hypothesis import strategies as st


def budget(limit: int = 64) -> UnpackBudget:
    return UnpackBudget("it", archive_size=0, limit_mib=limit)


def read_by_members(packed: bytes, members: Sequence[int], *, jobs: int = 3) -> bytes:
    with tempfile.TemporaryFile(buffering=0) as file, Crew(jobs) as crew:
        file.write(packed)
        file.seek(0)
        with closing(side_by_side(StoredArchive(file), members, crew)) as blocks:  # type: ignore[type-var]
            return b"".join(blocks)


def made_of(*parts: bytes) -> tuple[bytes, list[int]]:
    packed, offsets = b"", []
    for part in parts:
        offsets.append(len(packed))
        packed += gzip.compress(part, mtime=0)
    return packed, offsets


PARTS = (b"one" * 50_000, b"", random.Random(1).randbytes(200_000), b"\0" * 100_000, b"end")
PACKED, OFFSETS = made_of(*PARTS)
WHOLE = b"".join(PARTS)


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_members_give_what_the_stream_gives(jobs: int) -> None:
    assert read_by_members(PACKED, OFFSETS, jobs=jobs) == WHOLE == gzip.decompress(PACKED)


@given(data=st.binary(max_size=2000))
def test_a_stream_gives_what_was_packed(data: bytes) -> None:
    assert b"".join(gunzipped(io.BytesIO(gzip.compress(data)).read)) == data


LIES = {
    "none at the beginning": OFFSETS[1:],
    "none at all": [],
    "one for all": [0],
    "one twice": [0, 0, *OFFSETS[1:]],
    "out of order": [OFFSETS[0], OFFSETS[2], OFFSETS[1], *OFFSETS[3:]],
    "backwards": OFFSETS[::-1],
    "one left out": OFFSETS[:2] + OFFSETS[3:],
    "one byte early": [0, *(offset - 1 for offset in OFFSETS[1:])],
    "one byte late": [0, *(offset + 1 for offset in OFFSETS[1:])],
    "within a member": [0, OFFSETS[2], OFFSETS[2] + 1000, *OFFSETS[3:]],
    "behind the end": [*OFFSETS, len(PACKED) + 5],
    "at the end": [*OFFSETS, len(PACKED)],
    "far behind the end": [0, 1 << 62],
    "each byte": list(range(500)),
}


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("lie", LIES)
def test_a_lie_about_members_changes_no_byte(lie: str, jobs: int) -> None:
    assert read_by_members(PACKED, LIES[lie], jobs=jobs) == WHOLE


@given(st.lists(st.integers(0, len(PACKED) + 10), max_size=8))
def test_no_list_of_offsets_changes_a_byte(offsets: list[int]) -> None:
    assert read_by_members(PACKED, offsets) == WHOLE


@given(st.sets(st.sampled_from(OFFSETS)), st.integers(0, len(PACKED)))
def test_a_file_that_is_cut_off_is_an_error_or_ends_with_a_member(offsets: set[int], length: int) -> None:
    try:
        got = read_by_members(PACKED[:length], sorted({0, *offsets}))
    except EOFError:
        assert length not in OFFSETS
    else:
        assert got == gzip.decompress(PACKED[:length])


def test_padding_between_and_behind_members_is_none_of_their_bytes() -> None:
    packed = PACKED[: OFFSETS[2]] + bytes(700) + PACKED[OFFSETS[2] :] + bytes(300)
    offsets = [*OFFSETS[:2], *(offset + 700 for offset in OFFSETS[2:])]
    assert read_by_members(packed, offsets) == WHOLE
    assert member_offsets(io.BytesIO(packed).read, budget()) == offsets


def test_a_damaged_member_is_an_error() -> None:
    damaged = bytearray(PACKED)
    damaged[OFFSETS[3] - 6] ^= 1  # in the check sum of the third
    with pytest.raises(zlib.error):
        read_by_members(bytes(damaged), OFFSETS)


def test_a_member_that_is_longer_than_may_be_held_is_read_as_a_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    long = b"\0" * (9 << 20)
    packed, offsets = made_of(b"first", long, b"last")
    largest = []
    real = gzip_members._one_member

    def watched(content: bytes) -> bytes | None:
        block = real(content)
        largest.append(len(block or b""))
        return block

    monkeypatch.setattr(gzip_members, "_one_member", watched)
    assert read_by_members(packed, offsets) == b"first" + long + b"last"
    assert max(largest) < BLOCK


def test_the_places_of_members_are_found_in_the_file_itself() -> None:
    assert member_offsets(io.BytesIO(PACKED).read, budget()) == OFFSETS
    assert member_offsets(io.BytesIO(gzip.compress(b"x" * 3_000_000)).read, budget()) == [0]


def test_looking_for_members_ends_at_the_budget_and_with_the_file() -> None:
    with pytest.raises(UnsafeArchive):
        member_offsets(io.BytesIO(gzip.compress(b"\0" * (3 * MIB))).read, budget(1))
    with pytest.raises(EOFError, match="too early"):
        member_offsets(io.BytesIO(PACKED[:-1]).read, budget())


@pytest.mark.parametrize("cut", [1, 5, 12, -1, -8])
def test_a_stream_that_is_cut_off_is_an_error(cut: int) -> None:
    with pytest.raises(EOFError, match="too early"):
        list(gunzipped(io.BytesIO(gzip.compress(b"x" * 1000)[:cut]).read))
