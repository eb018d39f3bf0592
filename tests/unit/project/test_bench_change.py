# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became slower by more than the noise is found, and nothing else is called slower."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from ansible_collections.hermetic.python.bench import change as module
from ansible_collections.hermetic.python.bench.change import Change, Key, change, changes

KEY: Key = ("no change", "ours", "one ping")
TRIALS = 400


def rounds(random: random.Random, count: int, *, median: float = 1.4, noise: float = 0.05, disturbed: float = 0.0) -> list[float]:
    """Return ratios with a noise of so much; a disturbed round takes half as long again."""
    return [median * math.exp(random.gauss(0, noise)) * (1.5 if random.random() < disturbed else 1.0) for _round in range(count)]


def verdicts(*, factor: float, count: int, noise: float = 0.05, disturbed: float = 0.0) -> dict[str, float]:
    """Return how often each verdict is given on rows that became slower by a factor."""
    source = random.Random(7)
    found = [
        change(
            KEY,
            rounds(source, count, noise=noise, disturbed=disturbed),
            rounds(source, count, median=1.4 * factor, noise=noise, disturbed=disturbed),
        ).verdict
        for _trial in range(TRIALS)
    ]
    return {verdict: found.count(verdict) / TRIALS for verdict in set(found)}


@pytest.mark.parametrize("count", [5, 7, 15])
def test_a_row_that_is_a_fifth_slower_is_found_in_a_twentieth_of_noise(count: int) -> None:
    found = verdicts(factor=1.2, count=count)
    assert found["slower"] > (0.8 if count == 5 else 0.95)
    assert "faster" not in found


@pytest.mark.parametrize("count", [5, 7, 15])
@pytest.mark.parametrize("factor", [0.97, 1.0, 1.03])
def test_a_row_within_the_noise_is_the_same(count: int, factor: float) -> None:
    found = verdicts(factor=factor, count=count)
    assert found.get("slower", 0) <= 0.01
    assert found["same"] >= 0.98


def test_a_row_that_became_faster_is_said() -> None:
    assert verdicts(factor=0.7, count=7)["faster"] > 0.95


def test_a_round_that_something_disturbed_decides_nothing() -> None:
    """One round in seven takes half as long again, on either side."""
    assert verdicts(factor=1.0, count=7, disturbed=1 / 7).get("slower", 0) <= 0.02
    quiet, one_disturbed = [1.0, 1.01, 0.99, 1.0, 1.02, 0.98, 1.0], [1.01, 1.0, 0.99, 1.5, 1.0, 1.02, 0.98]
    assert change(KEY, quiet, one_disturbed).verdict == "same"


def test_more_noise_needs_a_larger_change() -> None:
    assert verdicts(factor=1.2, count=5, noise=0.3).get("slower", 0) < 0.2
    assert verdicts(factor=3.0, count=7, noise=0.3)["slower"] > 0.95


def test_the_change_is_the_median_of_all_quotients() -> None:
    found = change(KEY, [1.0, 2.0, 4.0], [2.0, 4.0, 8.0])
    assert found.factor == 2.0
    assert change(KEY, [2.0] * 5, [3.0] * 5) == Change(KEY, 1.5, (1.5, 1.5))


@pytest.mark.parametrize(
    ("stored", "measured", "known"), [(1, 1, False), (3, 3, False), (4, 4, True), (3, 5, True), (7, 2, False), (8, 2, True), (30, 1, False)]
)
def test_too_few_rounds_are_said_and_not_judged(stored: int, measured: int, known: bool) -> None:
    found = change(KEY, [1.0] * stored, [9.0] * measured)
    assert (found.interval is not None) is known
    assert found.verdict == ("slower" if known else "too few rounds")
    assert found.factor == 9.0


@pytest.mark.parametrize(("first", "second"), [(1, 1), (2, 3), (3, 2), (4, 4), (5, 3)])
def test_the_distribution_is_that_of_all_orders(first: int, second: int) -> None:
    counted = [0] * (first * second + 1)
    for places in itertools.combinations(range(first + second), first):
        others = set(range(first + second)).difference(places)
        counted[sum(other < place for place in places for other in others)] += 1
    assert module._rank_sums(first, second) == counted


@pytest.mark.parametrize(("size", "rank"), [(4, 1), (5, 3), (6, 6), (7, 9), (10, 24)])
def test_the_interval_is_that_of_published_tables(size: int, rank: int) -> None:
    """The critical values of Mann and Whitney's U at 5 % on two sides are one less: 0, 2, 5, 8, 23."""
    assert module._left_out(size, size) == rank


def test_rows_that_are_missing_or_new_are_named() -> None:
    stored: dict[Key, list[float]] = {("a", "x", "y"): [1.0] * 5, ("gone", "x", "y"): [1.0] * 5}
    found = changes(stored, {("a", "x", "y"): [2.0] * 5, ("new", "x", "y"): [1.0] * 5})
    assert [(each.key[0], each.verdict) for each in found.rows] == [("a", "slower")]
    assert (found.missing, found.new) == ((("gone", "x", "y"),), (("new", "x", "y"),))
    assert [each.key[0] for each in found.slower] == ["a"]
