# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One gzip member as a sequence of bytes that is taken part by part, without a copy of most of them."""

from __future__ import annotations

import zlib
from typing import BinaryIO

_COMPRESSED = 1 << 16
_AT_ONCE = 1 << 18


class Inflated:
    """What a file decompresses to; no more is in memory than was asked for at once."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source
        self._member = zlib.decompressobj(wbits=31)
        self._rest = memoryview(b"")
        self._compressed = b""

    def take(self, size: int) -> memoryview:
        """Return exactly so many bytes; raises EOFError where there are not as many."""
        if len(self._rest) < size:
            self._more(size)
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken

    def end(self) -> None:
        """Raise ValueError unless the file ends here, with the checksum that belongs to it."""
        if len(self._rest) or self._next():
            raise ValueError("it goes on after its end")
        if self._member.unused_data or self._source.read(1):
            raise ValueError("something follows the compressed data")

    def _more(self, size: int) -> None:
        parts, have = [self._rest], len(self._rest)
        while have < size:
            block = self._next()
            if not block:
                raise EOFError("it ends too early")
            parts.append(memoryview(block))
            have += len(block)
        self._rest = parts[1] if not len(parts[0]) and len(parts) == 2 else memoryview(b"".join(parts))

    def _next(self) -> bytes:
        """Return the next bytes, nothing at the end of the member."""
        while not self._member.eof:
            self._compressed = self._compressed or self._source.read(_COMPRESSED)
            if not self._compressed:
                raise EOFError("the compressed data ends too early")
            block = self._member.decompress(self._compressed, _AT_ONCE)
            self._compressed = self._member.unconsumed_tail
            if block:
                return block
        return b""
