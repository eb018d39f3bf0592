# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server keeps within silence, rate and the whole time, or the exchange ends; the clock is the test's."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fetching.pacing import HEAD_LIMIT, Pace, TooSlow


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pace(clock: Clock, *, timeout: float = 10, limit: float = 1000, rate: float = 5) -> Pace:
    return Pace(timeout, until=clock.now + limit, minimum_rate=rate, clock=clock)


def test_a_byte_may_come_as_late_as_silence_allows(clock: Clock) -> None:
    subject = pace(clock)
    assert subject.patience() == 10
    subject.came(1000)
    clock.now += 9
    assert subject.patience() == 10


def test_the_whole_transfer_has_an_end(clock: Clock) -> None:
    subject = pace(clock, limit=15)
    clock.now += 9
    assert subject.patience() == 6
    clock.now += 6
    for check in (subject.patience, subject.check_silence):
        with pytest.raises(TooSlow, match="download_timeout"):
            check()


@pytest.mark.parametrize(("came", "ends"), [(49, True), (50, False), (5000, False)])
def test_a_trickle_ends_where_it_is_less_than_the_rate(clock: Clock, came: int, ends: bool) -> None:
    subject = pace(clock)
    subject.end_head()
    subject.came(came)
    clock.now += 10
    if ends:
        with pytest.raises(TooSlow, match=r"49 bytes came in 10 s, less than 5 for each second \(minimum_rate\)"):
            subject.patience()
    else:
        subject.patience()


def test_a_good_start_does_not_pay_for_a_slow_rest(clock: Clock) -> None:
    subject = pace(clock)
    subject.end_head()
    subject.came(1_000_000)
    clock.now += 10
    subject.patience()
    subject.came(1)
    clock.now += 10
    with pytest.raises(TooSlow, match="1 bytes"):
        subject.patience()


def test_a_head_that_trickles_in_has_the_time_of_one_silence(clock: Clock) -> None:
    subject = pace(clock)
    subject.begin_head()
    for _second in range(9):
        clock.now += 1
        subject.read(1)
    assert subject.patience() == 1
    clock.now += 1
    with pytest.raises(TooSlow, match="head of its answer was not complete after 10 s"):
        subject.patience()
    with pytest.raises(TooSlow, match="head"):
        subject.check_silence()


def test_a_silence_in_the_head_is_only_a_silence(clock: Clock) -> None:
    subject = pace(clock)
    subject.begin_head()
    clock.now += 11
    # Nothing came at all: that is what the error of the system says already.
    subject.check_silence()


def test_a_head_has_a_limit_and_content_has_not(clock: Clock) -> None:
    subject = pace(clock)
    subject.begin_head()
    subject.read(HEAD_LIMIT)
    with pytest.raises(TooSlow, match=f"longer than {HEAD_LIMIT} bytes"):
        subject.read(1)
    subject.end_head()
    subject.read(HEAD_LIMIT * 10)


def test_each_answer_of_a_redirect_has_a_head_of_its_own(clock: Clock) -> None:
    subject = pace(clock)
    for _answer in range(3):
        subject.begin_head()
        subject.read(HEAD_LIMIT)
        clock.now += 9
