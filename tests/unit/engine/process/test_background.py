# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work beside other work: its answer or its error comes when it is asked for, with a thread or without."""

from __future__ import annotations

import threading

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import background
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.background import BackgroundWork, meanwhile, repeatedly


@pytest.fixture(params=["with a thread", "without"])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Say whether the system has room for a thread."""
    if request.param == "without":
        monkeypatch.setattr(background, "started", lambda thread: False)
    return bool(request.param == "with a thread")


@pytest.mark.parametrize("value", [7, None, []])
def test_the_answer_is_that_of_the_work_and_the_work_is_done_once(threads: bool, value: object) -> None:
    calls: list[int] = []

    def work() -> object:
        calls.append(1)
        return value

    subject = BackgroundWork(work)
    assert subject.result() == value
    assert subject.result() == value
    assert calls == [1]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_its_error_is_raised_where_the_answer_is_asked_for(threads: bool, error: BaseException) -> None:
    calls: list[int] = []

    def work() -> None:
        calls.append(1)
        raise error

    subject = BackgroundWork(work)
    for _again in range(2):
        with pytest.raises(type(error)) as raised:
            subject.result()
        assert raised.value is error
    assert calls == [1]


def test_it_begins_before_the_answer_is_asked_for() -> None:
    begun = threading.Event()
    subject = BackgroundWork(begun.set)
    assert begun.wait(30)
    subject.result()


def test_without_a_thread_it_waits_until_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "started", lambda thread: False)
    begun: list[int] = []
    subject = BackgroundWork(lambda: begun.append(1))
    assert begun == []
    subject.result()
    assert begun == [1]


def test_something_is_repeated_until_the_caller_is_done() -> None:
    times = 0
    enough = threading.Event()

    def work() -> None:
        nonlocal times
        times += 1
        if times == 3:
            enough.set()

    with repeatedly(work, every=0.001):
        assert enough.wait(30)
    after = times
    assert threading.active_count() == len(threading.enumerate())
    assert not [thread for thread in threading.enumerate() if "repeat" in thread.name]
    assert times == after


def test_an_error_of_the_caller_ends_it_as_well() -> None:
    before = threading.active_count()
    with pytest.raises(ValueError, match="mine"), repeatedly(lambda: None, every=0.001):
        raise ValueError("mine")
    assert threading.active_count() == before


def test_nothing_is_repeated_where_there_is_no_room_for_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "started", lambda thread: False)
    done: list[int] = []
    with repeatedly(lambda: done.append(1), every=0):
        pass
    assert done == []


def test_nothing_happens_before_the_first_pause_is_over() -> None:
    done: list[int] = []
    with repeatedly(lambda: done.append(1), every=3600):
        pass
    assert done == []


def test_what_is_done_meanwhile_is_done_at_the_end_of_the_block(threads: bool) -> None:
    done: list[str] = []
    with meanwhile(lambda: done.append("work")):
        pass
    assert done == ["work"]


def test_the_error_of_what_is_done_meanwhile_comes_at_the_end_of_the_block(threads: bool) -> None:
    def fail() -> None:
        raise OSError(28, "No space left")

    reached = []
    with pytest.raises(OSError, match="No space"), meanwhile(fail):
        reached.append("end")
    assert reached == ["end"]


def test_the_error_of_the_block_comes_first_and_after_the_work_is_done(threads: bool) -> None:
    done: list[str] = []

    def fail() -> None:
        done.append("work")
        raise OSError(28, "No space left")

    with pytest.raises(ValueError, match="block"), meanwhile(fail):
        raise ValueError("block")
    assert done == ["work"]
