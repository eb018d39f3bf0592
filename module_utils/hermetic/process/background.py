# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let something be done while the caller goes on with other work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from ..system_limits import started

Answer = TypeVar("Answer")


class BackgroundWork(Generic[Answer]):
    """Begins at once, in a thread of its own; ``result`` waits for it, and raises what it raised.

    Less than concurrent.futures, whose import would cost a run that changes nothing what this saves it.
    """

    def __init__(self, work: Callable[[], Answer]) -> None:
        self._work = work
        self._answers: list[Answer] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        # Where the system has no room for a thread, the work waits until its answer is asked for.
        self._started = started(self._thread)

    def _run(self) -> None:
        try:
            self._answers.append(self._work())
        except BaseException as error:
            self._error = error

    def result(self) -> Answer:
        """Return what the work returned."""
        if self._started:
            self._thread.join()
        elif self._error is None and not self._answers:
            self._run()
        if self._error is not None:
            raise self._error
        return self._answers[0]


@contextmanager
def repeatedly(work: Callable[[], object], *, every: float) -> Iterator[None]:
    """Do something again and again, that many seconds apart, until the caller is done; not at all where the system has no room for a thread."""
    done = threading.Event()

    def repeat() -> None:
        while not done.wait(every):
            work()

    thread = threading.Thread(target=repeat, daemon=True)
    repeating = started(thread)
    try:
        yield
    finally:
        done.set()
        if repeating:
            thread.join()
