# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let something be done while the caller goes on with other work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar

from ..fs.atomic import sync_trees
from ..paths import WINDOWS
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
def meanwhile(work: Callable[[], object]) -> Iterator[None]:
    """Do something while the block runs, and wait for it at the end; where both fail, the error is that of the block."""
    working = BackgroundWork(work)
    try:
        yield
    except BaseException:
        with suppress(Exception):
            working.result()
        raise
    working.result()


@contextmanager
def flushed_meanwhile(trees: Mapping[Path, Iterable[str]], *, below: Path) -> Iterator[None]:
    """Have trees, into which nothing is written any more, be on the disk when the block ends."""
    if WINDOWS:
        # There each file is opened to flush it, and no program starts from a file that is open for writing.
        yield
        sync_trees(trees, below=below)
        return
    with meanwhile(partial(sync_trees, trees, below=below)):
        yield


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
