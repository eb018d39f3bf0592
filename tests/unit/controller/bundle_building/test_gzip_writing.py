# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gzip in members: one stream for every reader, cut by content alone, the same bytes whatever was written how."""

from __future__ import annotations

import gzip
import io
import itertools
import os
import random
import zlib

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.gzip_members import MEMBER, member_offsets
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.unpack_budget import UnpackBudget
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output import gzip_writing
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.gzip_writing import LEVEL, MemberWriter

CONTENT = random.Random(3).randbytes(MEMBER) + b"text " * 700_000


def written(content: bytes, portion: int) -> bytes:
    target = io.BytesIO()
    with MemberWriter(target) as writer:
        for begin in range(0, len(content), portion):
            assert writer.tell() == begin
            writer.write(content[begin : begin + portion])
    return target.getvalue()


@pytest.mark.parametrize("size", [0, 1, MEMBER - 1, MEMBER, MEMBER + 1, len(CONTENT)])
def test_every_reader_of_gzip_reads_it(size: int) -> None:
    packed = written(CONTENT[:size], 100_000)
    assert gzip.decompress(packed) == CONTENT[:size] if size else packed == b""
    offsets = member_offsets(io.BytesIO(packed).read, UnpackBudget("it", archive_size=len(packed)))
    assert len(offsets) == -(-size // MEMBER)
    held = [len(gzip.decompress(packed[begin:end])) for begin, end in itertools.pairwise([*offsets, len(packed)])]
    assert all(length == MEMBER for length in held[:-1])
    assert sum(held) == size


@pytest.mark.parametrize("cores", [1, 7])
@pytest.mark.parametrize("portion", [333_333, MEMBER, 10 * MEMBER])
def test_the_bytes_depend_on_the_content_only(monkeypatch: pytest.MonkeyPatch, cores: int, portion: int) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cores)
    assert written(CONTENT, portion) == written(CONTENT, 512)


def test_a_member_holds_no_name_time_or_system() -> None:
    packed = written(b"content", 512)
    assert packed[:10] == bytes([0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255])
    plain = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
    assert packed[10:-8] == plain.compress(b"content") + plain.flush()


def test_what_fails_on_the_way_is_raised_and_no_thread_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(content: bytes) -> bytes:
        raise MemoryError

    monkeypatch.setattr(gzip_writing, "_member", fail)
    with pytest.raises(MemoryError):
        written(CONTENT, MEMBER)
