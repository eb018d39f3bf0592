# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks of bytes as one stream that is read from its beginning to its end, without copying what is written to files."""

from __future__ import annotations

from collections.abc import Iterator

from .unpack_budget import UnpackBudget


class BlockStream:
    """A stream over blocks, as far as the budget of what they may come to allows: padding and headers count too, a bomb need not be an entry."""

    def __init__(self, blocks: Iterator[bytes], budget: UnpackBudget) -> None:
        self.length = 0
        self.end_of_data = 0
        """Where nothing but zeros follow, of what has been read."""
        self._blocks = blocks
        self._budget = budget
        self._rest = memoryview(b"")

    def tell(self) -> int:
        """Return the place of the next byte."""
        return self.length - len(self._rest)

    def pieces(self, size: int) -> Iterator[memoryview]:
        """Yield at most this many bytes, as they lie in the blocks; fewer only at the end."""
        while size > 0 and (self._rest or self._next()):
            piece, self._rest = self._rest[:size], self._rest[size:]
            size -= len(piece)
            yield piece

    def read(self, size: int) -> bytes:
        """Return at most this many bytes, fewer only at the end."""
        if len(self._rest) >= size:
            piece, self._rest = self._rest[:size], self._rest[size:]
            return bytes(piece)
        return b"".join(self.pieces(size))

    def skip_to(self, place: int) -> None:
        """Go on at a place ahead; raises EOFError where the stream does not reach it, and ValueError for one that has been passed."""
        size = place - self.tell()
        if size < 0:
            raise ValueError(f"the entry before byte {place} is longer than its header says")
        size -= sum(map(len, self.pieces(size)))
        if size:
            raise EOFError(f"it ends {size} bytes too early")

    def drain(self) -> None:
        """Read to the end: only there a truncated or damaged archive shows."""
        self._rest = memoryview(b"")
        while self._next():
            pass

    def _next(self) -> bool:
        block = next(self._blocks, b"")
        data = len(block.rstrip(b"\0"))
        if data:
            self.end_of_data = self.length + data
        self.length += len(block)
        self._budget.check_stream(self.length)
        self._rest = memoryview(block)
        return bool(block)
