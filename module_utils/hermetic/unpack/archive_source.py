# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of an archive that is unpacked: one that is there, or one that still arrives."""

from __future__ import annotations

import os
from typing import BinaryIO, Protocol

from ..fetching.arrival import Arrival


class ArchiveSource(Protocol):
    """What is read from its beginning to its end."""

    size: int

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer only at the end."""

    def seek(self, offset: int, /) -> object:
        """Go on reading at another place."""

    def ready(self, until: int) -> bool:
        """Return whether the bytes before this place can be read without waiting."""


class StoredArchive:
    """An archive that is there."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.size = os.fstat(file.fileno()).st_size
        self.read = file.read
        self.seek = file.seek

    def ready(self, until: int) -> bool:
        """Return True."""
        del until
        return True


class ArrivingArchive:
    """An archive that is still being fetched."""

    def __init__(self, arrival: Arrival) -> None:
        self.size = arrival.size
        self._arrival = arrival
        self._place = 0

    def read(self, size: int, /) -> bytes:
        """Return so many bytes, fewer only at the end, after waiting for them."""
        block = self._arrival.read(self._place, size)
        self._place += len(block)
        return block

    def seek(self, offset: int, /) -> int:
        """Go on reading at another place."""
        self._place = offset
        return offset

    def ready(self, until: int) -> bool:
        """Return whether the bytes before this place have arrived."""
        return self._arrival.has(until)
