# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have the next blocks of a file made in a thread of its own, ahead of whoever uses them."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator

from ..system_limits import started

_BLOCKS_AHEAD = 8


class ReadAhead:
    """Yields blocks that a thread of its own takes from where they come from: zlib and SHA-256 both let other threads run."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._source = blocks
        self._blocks: queue.Queue[bytes | BaseException] = queue.Queue(_BLOCKS_AHEAD)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="unpack", daemon=True)
        self._alone = False

    def __enter__(self) -> ReadAhead:
        # Where the system has no room for a thread, each block is made when it is asked for.
        self._alone = not started(self._thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        while self._thread.is_alive():
            with contextlib.suppress(queue.Empty):
                self._blocks.get_nowait()
            self._thread.join(0.01)

    def __iter__(self) -> Iterator[bytes]:
        """Yield the blocks; raises, at its place, what making them raised."""
        if self._alone:
            yield from self._source
            return
        while block := self._blocks.get():
            if isinstance(block, BaseException):
                raise block
            yield block

    def _work(self) -> None:
        try:
            for block in self._source:
                if self._stop.is_set():
                    return
                if block:
                    self._blocks.put(block)
            self._blocks.put(b"")
        except BaseException as error:
            self._blocks.put(error)
