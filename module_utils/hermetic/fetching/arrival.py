# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a file be read while it is being fetched."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import Callable


class Abandoned(Exception):
    """Raised for a reader when what it has read is not, or will not be, the beginning of the artifact."""


class Arrival:
    """How much of an artifact is there. One thread fetches it, another one reads it.

    What is read is not verified: only once the fetch has ended well, and says so by ``whole``, was it the artifact.
    A fetch that begins again, with another source or a server that cannot resume, abandons its reader.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.whole = False
        self._changed = threading.Condition()
        self._descriptor: int | None = None
        self._have = 0
        self._over = False

    @staticmethod
    def possible() -> bool:
        """Return whether this system reads a file at a place without moving that of the writer, and renames what is open."""
        return hasattr(os, "pread")

    def begin(self, descriptor: int, have: int) -> None:
        """Say that the open file holds that many bytes of the artifact, and will be written on from there."""
        with self._changed:
            if have < self._have:
                self._over = True
            if not self._over:
                if not self._have:
                    self._drop()
                    self._descriptor = os.dup(descriptor)
                self._have = have
            self._changed.notify_all()

    def reporting(self, write: Callable[[bytes], int | None]) -> Callable[[bytes], int | None]:
        """Return what writes to the open file and says so."""

        def reported(block: bytes) -> int | None:
            count = write(block)
            with self._changed:
                self._have += count or 0
                self._changed.notify_all()
            return count

        return reported

    def end(self, *, whole: bool) -> None:
        """Say that no more will come; ``whole``: the artifact is there, and its digest is the right one."""
        with self._changed:
            self.whole = whole and not self._over and self._have == self.size
            self._over = not self.whole
            self._changed.notify_all()

    def has(self, until: int) -> bool:
        """Return whether the bytes before this place can be read without waiting."""
        return self._have >= min(until, self.size)

    def read(self, offset: int, size: int) -> bytes:
        """Return these bytes, fewer only at the end of the artifact, after waiting for them; raises Abandoned when they will not come."""
        until = min(offset + size, self.size)
        parts = []
        with self._changed:
            while not self._over and self._have < until:
                self._changed.wait()
            descriptor = self._descriptor
            while offset < until and not self._over and descriptor is not None:
                # Within the lock, so that the descriptor stays open.
                part = os.pread(descriptor, until - offset, offset)
                if not part:
                    break
                parts.append(part)
                offset += len(part)
            if self._over or offset < until:
                raise Abandoned
        return b"".join(parts)

    def close(self) -> None:
        """Close the file; a reader that is still there is abandoned."""
        with self._changed:
            self._over = True
            self._drop()
            self._changed.notify_all()

    def _drop(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):
                os.close(self._descriptor)
            self._descriptor = None
