# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A gzip member taken part by part: exactly its bytes, in any portions, and its end."""

from __future__ import annotations

import gzip
import io
import random
import zlib

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.inflated import Inflated

CONTENT = random.Random(1).randbytes(300_000) + bytes(3_000_000) + b"end"
PACKED = gzip.compress(CONTENT, mtime=0)


def stream(content: bytes) -> Inflated:
    return Inflated(io.BytesIO(content))


def whole(content: bytes) -> None:
    taken = stream(content)
    taken.take(len(CONTENT))
    taken.end()


@pytest.mark.parametrize("portion", [1000, 512 * 7, 1 << 18, 1 << 20, len(CONTENT)])
def test_all_portions_together_are_the_content(portion: int) -> None:
    taken = stream(PACKED)
    parts = [bytes(taken.take(min(portion, len(CONTENT) - at))) for at in range(0, len(CONTENT), portion)]
    taken.end()
    assert b"".join(parts) == CONTENT


def test_nothing_is_taken_beyond_the_end() -> None:
    taken = stream(PACKED)
    assert bytes(taken.take(0)) == b""
    with pytest.raises(EOFError, match="ends too early"):
        taken.take(len(CONTENT) + 1)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (PACKED + b"x", "something follows"),
        (PACKED + PACKED, "something follows"),
        (gzip.compress(CONTENT + b"more", mtime=0), "goes on after its end"),
    ],
)
def test_an_end_that_is_none_is_found(content: bytes, problem: str) -> None:
    taken = stream(content)
    assert bytes(taken.take(len(CONTENT))) == CONTENT
    with pytest.raises(ValueError, match=problem):
        taken.end()


@pytest.mark.parametrize("cut", [1, 8, 1000])
def test_a_member_without_its_end_is_found(cut: int) -> None:
    with pytest.raises(EOFError):
        whole(PACKED[:-cut])


def test_a_wrong_checksum_is_found() -> None:
    with pytest.raises(zlib.error):
        whole(PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:])
