# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a row became slower than a stored result by more than the noise; pure.

Both runs have a ratio for each round. The change is the median of all quotients of a new ratio by a stored one (Hodges and Lehmann), and
its interval are two of these quotients, by the distribution of the rank sum (Mann and Whitney). That is exact for as few as four rounds
on each side, takes nothing for granted of how times are distributed, and one disturbed round moves it little. A bootstrap of so few
rounds gives intervals that are too narrow, and another one in each run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import comb, log
from statistics import median

CONFIDENCE = 0.95
# What a machine's state changes from one run to the next, in all rounds of it alike.
TOLERANCE = 0.05

# Row, ours and the other.
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Change:
    """How a row changed: the quotient new by stored, with its interval; None where there are too few rounds to know one."""

    key: Key
    factor: float
    interval: tuple[float, float] | None

    @property
    def verdict(self) -> str:
        """Whether the row is slower, faster or the same; or that nothing can be said."""
        if self.interval is None:
            return "too few rounds"
        low, high = self.interval
        if log(low) > log(1 + TOLERANCE):
            return "slower"
        return "faster" if log(high) < -log(1 + TOLERANCE) else "same"


@dataclass(frozen=True)
class Changes:
    """A run beside a stored one; ``missing`` rows were stored and not measured, ``new`` ones the other way."""

    rows: tuple[Change, ...]
    missing: tuple[Key, ...]
    new: tuple[Key, ...]

    @property
    def slower(self) -> list[Change]:
        """The rows that became slower."""
        return [each for each in self.rows if each.verdict == "slower"]


def changes(stored: Mapping[Key, Sequence[float]], measured: Mapping[Key, Sequence[float]]) -> Changes:
    """Compare the ratios of a run with stored ones, row by row."""
    return Changes(
        rows=tuple(change(key, stored[key], ratios) for key, ratios in measured.items() if key in stored),
        missing=tuple(key for key in stored if key not in measured),
        new=tuple(key for key in measured if key not in stored),
    )


def change(key: Key, stored: Sequence[float], measured: Sequence[float]) -> Change:
    """Compare the ratios of one row."""
    quotients = sorted(new / old for new in measured for old in stored)
    left_out = _left_out(len(stored), len(measured))
    return Change(key, median(quotients), (quotients[left_out - 1], quotients[-left_out]) if left_out else None)


def _left_out(first: int, second: int) -> int:
    """Return the rank from either end of the quotient that bounds the interval; 0 where too few cannot have one of that confidence."""
    tail = (1 - CONFIDENCE) / 2 * comb(first + second, first)
    return sum(below <= tail for below in accumulate(_rank_sums(first, second)))


def _rank_sums(first: int, second: int) -> list[int]:
    """Return in how many orders of all values a number of pairs is the other way round, for each number from 0."""
    counts = [[[1] for _second in range(second + 1)] for _first in range(first + 1)]
    for one in range(1, first + 1):
        for other in range(1, second + 1):
            # The largest value is of the second side, or of the first and then above all of the second.
            of_second, of_first = counts[one][other - 1], counts[one - 1][other]
            counts[one][other] = [
                (of_second[number] if number < len(of_second) else 0) + (of_first[number - other] if number >= other else 0)
                for number in range(one * other + 1)
            ]
    return counts[first][second]
