# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Share work between threads of this process; for work that lets other threads run: zlib, SHA-256, calls of the system."""

from __future__ import annotations

import queue
import threading
from typing import Any, Callable, Generic, TypeVar

from ..system_limits import started
from .subprocess_environment import core_count

Answer = TypeVar("Answer")

# More threads than that wait for each other at the interpreter's lock.
_MOST = 8


class Task(Generic[Answer]):
    """Work that is done once, by a thread of the crew or by whoever asks for its answer first."""

    def __init__(self, work: Callable[[], Answer]) -> None:
        self._work: Callable[[], Answer] | None = work
        self._taken = threading.Lock()
        self._done = threading.Event()
        self._answers: list[Answer] = []
        self._error: BaseException | None = None

    def carry_out(self) -> None:
        """Do the work, unless somebody does it already."""
        if not self._taken.acquire(blocking=False):
            return
        try:
            if self._work is not None:
                self._answers.append(self._work())
        except BaseException as error:
            self._error = error
        finally:
            self._work = None
            self._done.set()

    def result(self) -> Answer:
        """Return what the work returned, or raise what it raised."""
        self.carry_out()
        self._done.wait()
        if self._error is not None:
            raise self._error
        return self._answers[0]


class Crew:
    """As many threads as there are cores, as far as the system lets them start; without any, the caller does all of the work.

    Less than concurrent.futures: there, work that no thread could be started for is never done.
    """

    def __init__(self, jobs: int) -> None:
        count = min(core_count(jobs), _MOST)
        self._wanted = count if count > 1 else 0
        self._tasks: queue.SimpleQueue[Task[Any] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._stop = False

    def __enter__(self) -> Crew:
        for _number in range(self._wanted):
            thread = threading.Thread(target=self._serve, name="unpack", daemon=True)
            if not started(thread):
                break
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop = True
        for _thread in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    @property
    def ahead(self) -> int:
        """How many tasks keep every thread busy; with more of them nothing but memory is used up."""
        return len(self._threads) + 2 if self._threads else 0

    def submit(self, work: Callable[[], Answer]) -> Task[Answer]:
        """Have something done; what still waits when the crew ends is not done any more."""
        task = Task(work)
        if self._threads:
            self._tasks.put(task)
        return task

    def _serve(self) -> None:
        while (task := self._tasks.get()) is not None:
            if not self._stop:
                task.carry_out()
