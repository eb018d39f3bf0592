# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A crew does all that it is given once, whoever does it, and leaves no thread."""

from __future__ import annotations

import threading
from functools import partial

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import crew as crew_module
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.crew import Crew, Task
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.system_limits import started


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_answers_are_those_of_the_work_and_each_is_done_once(jobs: int) -> None:
    done: list[int] = []

    def double(number: int) -> int:
        done.append(number)
        return number * 2

    with Crew(jobs) as crew:
        tasks = [crew.submit(partial(double, number)) for number in range(200)]
        assert [task.result() for task in tasks] == [number * 2 for number in range(200)]
    assert sorted(done) == list(range(200))


def test_who_asks_does_the_work_where_the_system_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew_module, "started", lambda thread: False)
    with Crew(4) as crew:
        assert crew.ahead == 0
        assert crew.submit(threading.get_ident).result() == threading.get_ident()


def test_one_thread_is_enough_for_the_work_of_others_that_were_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = [True]

    def once(thread: threading.Thread) -> bool:
        return bool(allowed) and allowed.pop() and started(thread)

    monkeypatch.setattr(crew_module, "started", once)
    with Crew(4) as crew:
        assert [crew.submit(partial(abs, -number)).result() for number in range(9)] == list(range(9))


def test_an_error_is_for_who_asks_each_time() -> None:
    task: Task[None] = Task(lambda: (_ for _ in ()).throw(OSError(28, "No space left")))
    for _time in range(2):
        with pytest.raises(OSError, match="No space"):
            task.result()


def test_what_still_waits_at_the_end_is_not_done_and_no_thread_stays() -> None:
    begun, go_on = threading.Event(), threading.Event()
    done: list[int] = []

    def hold() -> None:
        begun.set()
        go_on.wait(60)

    before = threading.active_count()
    with Crew(2) as crew:
        for _thread in range(2):
            crew.submit(hold)
        begun.wait(60)
        for number in range(50):
            crew.submit(partial(done.append, number))
        crew._stop = True
        go_on.set()
    assert done == []
    assert threading.active_count() == before
