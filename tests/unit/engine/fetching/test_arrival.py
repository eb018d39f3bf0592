# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is read while it comes, up to what has come; whoever reads what will not be it gets an error."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.arrival import Abandoned, Arrival

pytestmark = pytest.mark.skipif(not Arrival.possible(), reason="this system cannot read at a place")

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def part(tmp_path: Path) -> Iterator[BinaryIO]:
    with open(tmp_path / "a.part", "w+b", buffering=0) as file:
        yield file


def abandoned(arrival: Arrival, offset: int = 0, size: int = 1) -> None:
    with pytest.raises(Abandoned):
        arrival.read(offset, size)


def test_a_reader_waits_for_what_it_asks_for(part: BinaryIO) -> None:
    arrival = Arrival(len(CONTENT))
    arrival.begin(part.fileno(), 0)
    write = arrival.reporting(part.write)
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append(arrival.read(10, 5000)))
    reader.start()
    write(CONTENT[:3000])
    assert not arrival.has(3001)
    assert arrival.has(3000)
    write(CONTENT[3000:6000])
    reader.join(60)
    assert got == [CONTENT[10:5010]]
    write(CONTENT[6000:])
    arrival.end(whole=True)
    assert arrival.whole
    assert arrival.read(len(CONTENT) - 10, 5000) == CONTENT[-10:]
    arrival.close()
    abandoned(arrival)


def test_a_download_that_goes_on_is_read_on(part: BinaryIO) -> None:
    part.write(CONTENT[:4000])
    arrival = Arrival(len(CONTENT))
    for have in (4000, 7000):
        arrival.begin(part.fileno(), have)
        arrival.reporting(part.write)(CONTENT[have : have + 3000])
    assert arrival.read(0, 9000) == CONTENT[:9000]
    arrival.close()


@pytest.mark.parametrize("have", [0, 2999])
def test_a_download_that_begins_again_has_no_reader_any_more(part: BinaryIO, have: int) -> None:
    arrival = Arrival(len(CONTENT))
    arrival.begin(part.fileno(), 0)
    arrival.reporting(part.write)(CONTENT[:3000])
    arrival.begin(part.fileno(), have)
    abandoned(arrival)
    part.seek(0)
    arrival.reporting(part.write)(CONTENT)
    arrival.end(whole=True)
    assert not arrival.whole
    arrival.close()


def test_an_attempt_that_brought_nothing_leaves_the_file_of_the_next_one_to_read(part: BinaryIO, tmp_path: Path) -> None:
    arrival = Arrival(3)
    arrival.begin(part.fileno(), 0)
    with open(tmp_path / "other", "w+b", buffering=0) as other:
        arrival.begin(other.fileno(), 0)
        arrival.reporting(other.write)(b"abc")
    assert arrival.read(0, 3) == b"abc"
    arrival.close()


@pytest.mark.parametrize("whole", [True, False])
def test_a_fetch_that_ends_without_all_of_it_has_no_reader_any_more(part: BinaryIO, whole: bool) -> None:
    arrival = Arrival(len(CONTENT))
    arrival.begin(part.fileno(), 0)
    arrival.reporting(part.write)(CONTENT[:100])
    arrival.end(whole=whole)
    abandoned(arrival, 0, 50)
    assert not arrival.whole
    arrival.close()


def test_a_file_that_was_complete_before_is_not_read_here() -> None:
    arrival = Arrival(5)
    arrival.end(whole=True)
    assert not arrival.whole
    abandoned(arrival)


def test_the_end_wakes_a_reader_that_waits(part: BinaryIO) -> None:
    arrival = Arrival(len(CONTENT))
    arrival.begin(part.fileno(), 0)
    seen: list[str] = []

    def read() -> None:
        try:
            arrival.read(0, 10)
        except Abandoned:
            seen.append("abandoned")

    reader = threading.Thread(target=read)
    reader.start()
    arrival.close()
    reader.join(60)
    assert seen == ["abandoned"]


def test_no_file_stays_open(part: BinaryIO) -> None:
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _time in range(20):
        arrival = Arrival(5)
        arrival.begin(part.fileno(), 0)
        arrival.begin(part.fileno(), 0)
        arrival.close()
        arrival.close()
    assert (len(os.listdir("/proc/self/fd")) if before else 0) == before
