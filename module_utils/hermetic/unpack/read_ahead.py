# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and decompress a file in a thread of its own, ahead of whoever uses the bytes."""

from __future__ import annotations

import contextlib
import queue
import threading
import zlib
from typing import BinaryIO

from .unpack_budget import UnpackBudget

BLOCK = 1 << 20
_COMPRESSED_BLOCK = 1 << 18
_BLOCKS_AHEAD = 8


class ReadAhead:
    """A file object that reads, and decompresses, in a thread of its own: zlib and SHA-256 both let other threads run."""

    def __init__(self, source: BinaryIO, *, gunzip: bool, budget: UnpackBudget) -> None:
        self.length = 0
        self.end_of_data = 0
        self._source = source
        self._gunzip = gunzip
        self._budget = budget
        self._blocks: queue.Queue[bytes | BaseException] = queue.Queue(_BLOCKS_AHEAD)
        self._stop = threading.Event()
        self._rest = memoryview(b"")
        self._ended = False
        self._thread = threading.Thread(target=self._work, name="unpack", daemon=True)

    def __enter__(self) -> ReadAhead:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        while self._thread.is_alive():
            self._drop_one()
            self._thread.join(0.01)

    def read(self, size: int) -> bytes:
        """Return at most this many bytes, fewer only at the end."""
        if len(self._rest) >= size:
            taken, self._rest = self._rest[:size], self._rest[size:]
            return bytes(taken)
        parts = [self._rest]
        missing = size - len(self._rest)
        self._rest = memoryview(b"")
        while missing and not self._ended:
            block = self._blocks.get()
            if isinstance(block, BaseException):
                raise block
            if not block:
                self._ended = True
                break
            view = memoryview(block)
            parts.append(view[:missing])
            self._rest = view[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def drain(self) -> None:
        """Read to the end: only there a truncated or damaged archive shows."""
        while self.read(BLOCK):
            pass

    def _drop_one(self) -> None:
        with contextlib.suppress(queue.Empty):
            self._blocks.get_nowait()

    def _work(self) -> None:
        try:
            if self._gunzip:
                self._decompress()
            else:
                while block := self._source.read(BLOCK):
                    self._pass_on(block)
            self._blocks.put(b"")
        except BaseException as error:
            self._blocks.put(error)

    def _decompress(self) -> None:
        member = zlib.decompressobj(wbits=31)
        begun = False
        while block := self._source.read(_COMPRESSED_BLOCK):
            while block:
                if not begun:
                    block = block.lstrip(b"\0")  # padding to full blocks is allowed, and so is a next member
                    begun = bool(block)
                self._pass_on(member.decompress(block, BLOCK))
                if member.eof:
                    block = member.unused_data
                    member, begun = zlib.decompressobj(wbits=31), False
                else:
                    block = member.unconsumed_tail
        if begun:
            raise EOFError("the compressed data ends too early")

    def _pass_on(self, block: bytes) -> None:
        if self._stop.is_set():
            raise EOFError
        if not block:
            return
        data = len(block.rstrip(b"\0"))
        if data:
            self.end_of_data = self.length + data
        self.length += len(block)
        # Padding and headers count too: a bomb need not be an entry.
        self._budget.check_stream(self.length)
        self._blocks.put(block)
