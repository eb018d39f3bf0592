# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writing gzip as members of one size, which every reader of gzip takes for one stream, and hosts decompress side by side."""

from __future__ import annotations

import os
import struct
import zlib
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

from ....module_utils.hermetic.unpack.gzip_members import MEMBER

# Level 9 takes three times as long for 0.6 % less.
LEVEL = 7
# No name, no time, no system: equal content gives equal bytes.
_HEADER = struct.pack("<4BL2B", 0x1F, 0x8B, 8, 0, 0, 0, 255)


class MemberWriter:
    """Compresses what is written to it, each ``MEMBER`` bytes by themselves, on all cores; where the members are cut depends on the content only."""

    def __init__(self, target: BinaryIO) -> None:
        self._target = target
        self._buffer = bytearray()
        self._length = 0
        self._waiting: deque[Future[bytes]] = deque()
        self._count = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(self._count)

    def __enter__(self) -> MemberWriter:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        with self._pool:
            if kind is not None:
                self._pool.shutdown(cancel_futures=True)
                return
            if self._buffer:
                self._cut(len(self._buffer))
            self._drain(0)

    def tell(self) -> int:
        """Return how many bytes were written to it."""
        return self._length

    def write(self, data: bytes) -> int:
        """Take bytes in portions of any size."""
        self._length += len(data)
        self._buffer += data
        while len(self._buffer) >= MEMBER:
            self._cut(MEMBER)
        return len(data)

    def _cut(self, size: int) -> None:
        self._waiting.append(self._pool.submit(_member, bytes(self._buffer[:size])))
        del self._buffer[:size]
        self._drain(2 * self._count)

    def _drain(self, most: int) -> None:
        while len(self._waiting) > most:
            self._target.write(self._waiting.popleft().result())


def _member(content: bytes) -> bytes:
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(content) + packer.flush()
    return _HEADER + packed + struct.pack("<2L", zlib.crc32(content), len(content))
