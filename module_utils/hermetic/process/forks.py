# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Share work on what is in memory among copies of this process, which need no start, no import and no request (Linux)."""

from __future__ import annotations

import gc
import marshal
import os
import struct
import sys
from collections.abc import Callable
from typing import Any, NoReturn

_NUMBER = struct.Struct("=I")
_ANSWER = struct.Struct("=II")
# All numbers of jobs are written before anyone reads: they must fit into a pipe.
MOST_JOBS = 1 << 12


def can_fork() -> bool:
    """Return whether this process may be copied: Linux, and no thread but this one, which could hold a lock that the copy waits for."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        return len(os.listdir("/proc/self/task")) == 1
    except OSError:
        return False


class Forks:
    """Begin at once to do jobs, which are numbers from 0, in copies of this process; each takes the next when it has done one.

    For work that only reads. Answers are what ``marshal`` writes. Where the system has no room for a copy, the work is done in this
    process when its answers are asked for.
    """

    def __init__(self, work: Callable[[int], Any], jobs: int, *, count: int) -> None:
        if jobs > MOST_JOBS:
            raise ValueError(f"{jobs} jobs; at most {MOST_JOBS} fit")
        self._work = work
        self._jobs = jobs
        self._copies: list[tuple[int, int]] = []
        queue, into = os.pipe()
        try:
            os.write(into, b"".join(map(_NUMBER.pack, range(jobs))))
            os.close(into)
            for _number in range(min(count, jobs)):
                if not self._fork(queue):
                    break
        finally:
            os.close(queue)

    def _fork(self, queue: int) -> bool:
        answers, into = os.pipe()
        parent = os.getpid()
        try:
            process = os.fork()
        except OSError:
            os.close(answers)
            os.close(into)
            return False
        if process == 0:
            self._serve(queue, into, parent)
        os.close(into)
        self._copies.append((process, answers))
        return True

    def _serve(self, queue: int, into: int, parent: int) -> NoReturn:
        code = 1
        try:
            gc.disable()
            done = []
            # What was forked by a process that is gone would keep its locks.
            while os.getppid() == parent and (word := os.read(queue, _NUMBER.size)):
                (number,) = _NUMBER.unpack(word)
                answer = marshal.dumps(self._work(number))
                done.append(_ANSWER.pack(number, len(answer)) + answer)
            # Kept until the end: the other process may not read before it has done its own part.
            with open(into, "wb", buffering=0, closefd=False) as stream:
                content = memoryview(b"".join(done))
                while content:
                    content = content[stream.write(content) or 0 :]
            code = 0
        finally:
            # Nothing that this process was to do at its end is the copy's to do.
            os._exit(code)

    def answers(self) -> list[Any]:
        """Return the answers in the order of the jobs."""
        found: dict[int, Any] = {}
        for process, stream in self._copies:
            with open(stream, "rb") as file:
                content = file.read()
            os.waitpid(process, 0)
            found.update(_parsed(content))
        # What a copy that was killed did not answer.
        return [found[number] if number in found else self._work(number) for number in range(self._jobs)]


def _parsed(content: bytes) -> dict[int, Any]:
    found, place = {}, 0
    while place < len(content):
        number, length = _ANSWER.unpack_from(content, place)
        place += _ANSWER.size
        if place + length > len(content):
            break
        found[number] = marshal.loads(content[place : place + length])
        place += length
    return found
