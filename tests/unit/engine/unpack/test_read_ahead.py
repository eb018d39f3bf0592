# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading ahead gives the blocks that are made, in their order, and every fault where the reader is."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import read_ahead
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.read_ahead import ReadAhead


def blocks(count: int, *, then: Exception | None = None) -> Iterator[bytes]:
    for number in range(count):
        yield bytes([number % 251, 1])
    if then is not None:
        raise then


@pytest.mark.parametrize("threads", [True, False])
def test_the_blocks_come_in_their_order_also_where_no_thread_can_be_started(threads: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not threads:
        monkeypatch.setattr(read_ahead, "started", lambda thread: False)
    with ReadAhead(blocks(300)) as ahead:
        assert list(ahead) == list(blocks(300))


@pytest.mark.parametrize("threads", [True, False])
def test_an_error_is_for_the_reader_and_comes_after_the_blocks_before_it(threads: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not threads:
        monkeypatch.setattr(read_ahead, "started", lambda thread: False)
    with ReadAhead(blocks(3, then=OSError(5, "Input/output error"))) as ahead:
        got = iter(ahead)
        assert [next(got) for _number in range(3)] == list(blocks(3))
        with pytest.raises(OSError, match="Input/output"):
            next(got)


def test_who_stops_reading_leaves_no_thread() -> None:
    with ReadAhead(blocks(10_000)) as ahead:
        next(iter(ahead))
    assert not [thread for thread in threading.enumerate() if thread.name == "unpack"]
