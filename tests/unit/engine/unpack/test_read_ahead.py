# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading ahead gives the bytes that are there, wherever they are cut, and every fault where the reader is."""

from __future__ import annotations

import gzip
import io
import threading
import zlib

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.read_ahead import BLOCK, ReadAhead
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import MIB, UnpackBudget
from hypothesis import given
from hypothesis import strategies as st


def budget(limit: int = 64) -> UnpackBudget:
    return UnpackBudget("it", archive_size=0, limit_mib=limit)


@given(data=st.binary(max_size=2000), sizes=st.lists(st.integers(1, 300), min_size=1), packed=st.booleans())
def test_any_cut_gives_the_same_bytes(data: bytes, sizes: list[int], packed: bool) -> None:
    source = gzip.compress(data) if packed else data
    with ReadAhead(io.BytesIO(source), gunzip=packed, budget=budget()) as ahead:
        read = b""
        while part := ahead.read(sizes[len(read) % len(sizes)]):
            read += part
    assert read == data
    assert ahead.length == len(data)
    assert ahead.end_of_data == len(data.rstrip(b"\0"))


def test_less_than_asked_for_comes_at_the_end_only() -> None:
    data = bytes(range(256)) * 20_000
    with ReadAhead(io.BytesIO(data), gunzip=False, budget=budget()) as ahead:
        assert len(ahead.read(BLOCK + 1)) == BLOCK + 1
        assert len(ahead.read(10 * BLOCK)) == len(data) - BLOCK - 1
        assert ahead.read(1) == b""


def test_members_and_padding_are_one_stream() -> None:
    source = gzip.compress(b"one") + b"\0" * 512 + gzip.compress(b"two") + b"\0" * 3
    with ReadAhead(io.BytesIO(source), gunzip=True, budget=budget()) as ahead:
        assert ahead.read(10) == b"onetwo"


@pytest.mark.parametrize("cut", [1, 5, 12, -1, -8])
def test_what_is_cut_off_is_an_error_for_the_reader(cut: int) -> None:
    source = gzip.compress(b"x" * 1000)[:cut]
    with ReadAhead(io.BytesIO(source), gunzip=True, budget=budget()) as ahead, pytest.raises(EOFError, match="too early"):
        ahead.drain()


def test_damage_is_an_error_for_the_reader() -> None:
    source = bytearray(gzip.compress(b"x" * 1000))
    source[-6] ^= 1
    with ReadAhead(io.BytesIO(bytes(source)), gunzip=True, budget=budget()) as ahead, pytest.raises(zlib.error):
        ahead.drain()


def test_a_bomb_ends_at_its_budget() -> None:
    source = gzip.compress(b"\0" * (3 * MIB))
    with ReadAhead(io.BytesIO(source), gunzip=True, budget=budget(1)) as ahead, pytest.raises(UnsafeArchive):
        ahead.drain()


def test_a_source_that_fails_is_an_error_for_the_reader() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError(5, "Input/output error")

    with ReadAhead(Broken(), gunzip=False, budget=budget()) as ahead, pytest.raises(OSError, match="Input/output"):
        ahead.read(1)


def test_who_stops_reading_leaves_no_thread() -> None:
    with ReadAhead(io.BytesIO(bytes(40 * BLOCK)), gunzip=False, budget=budget()) as ahead:
        ahead.read(1)
    assert not [thread for thread in threading.enumerate() if thread.name == "unpack"]
