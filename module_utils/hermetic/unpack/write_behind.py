# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Have files written by a crew, several at a time, behind whoever reads and judges the archive."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Callable

from ..process.crew import Crew, Task
from .tree_writing import NewFile, TreeWriting

# One file of a few kilobytes is too little to hand over to another thread.
_FILES_TOGETHER = 16
_BYTES_TOGETHER = 1 << 18
# What is handed over is held in memory until it is written.
_LARGEST_HELD = 1 << 20


class WriteBehind:
    """Hands what is to be written to the crew in portions, and waits for it when more would have to be held in memory."""

    def __init__(self, tree: TreeWriting, crew: Crew) -> None:
        self._tree = tree
        self._crew = crew
        self._portion: list[Callable[[], object]] = []
        self._bytes = 0
        self._written: deque[Task[None]] = deque()

    def write(self, file: NewFile, pieces: Iterator[memoryview]) -> None:
        """Write a file; a large one at once, while the crew goes on with what was handed to it before."""
        if file.size > _LARGEST_HELD:
            self._tree.write(file, pieces)
        else:
            self.add(partial(self._tree.write, file, list(pieces)), file.size)

    def add(self, work: Callable[[], object], size: int) -> None:
        """Have something written that holds this many bytes."""
        self._portion.append(work)
        self._bytes += size
        if self._bytes >= _BYTES_TOGETHER or len(self._portion) >= _FILES_TOGETHER:
            self._hand_over()

    def finish(self) -> None:
        """Wait until everything is written; raises the first error in the order of the archive."""
        self._hand_over()
        while self._written:
            self._written.popleft().result()

    def _hand_over(self) -> None:
        if self._portion:
            self._written.append(self._crew.submit(partial(_all, self._portion)))
        self._portion, self._bytes = [], 0
        while len(self._written) > self._crew.ahead:
            self._written.popleft().result()


def _all(works: list[Callable[[], object]]) -> None:
    for work in works:
        work()
