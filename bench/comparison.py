# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn the seconds of paired runs into a ratio and a verdict; pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True)
class Series:
    """The seconds that one contender took, round by round, by the clock and of processors."""

    name: str
    seconds: tuple[float, ...]
    cpu: tuple[float, ...]


@dataclass(frozen=True)
class Comparison:
    """One line of the table: two contenders of one contest.

    ``aim`` is the highest ratio that passes; None only shows. ``hosts`` is how many each run worked on.
    """

    row: str
    ours: Series
    other: Series
    aim: float | None = None
    hosts: int = 1

    @property
    def key(self) -> tuple[str, str, str]:
        """What the line is called in a stored result."""
        return (self.row, self.ours.name, self.other.name)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """The runs that stood side by side; a contender with fewer rounds leaves the others' later rounds without a pair."""
        return list(zip(self.ours.seconds, self.other.seconds, strict=False))

    @property
    def ratios(self) -> list[float]:
        """Ours divided by the other's, pair by pair."""
        return [ours / other for ours, other in self.pairs]

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios: a round in which the machine was busy weighs as much as any other."""
        return median(self.ratios)

    @property
    def cpu_ratio(self) -> float:
        """The same for the work of processors, which other users of the machine hardly change."""
        return median(ours / max(other, 0.001) for ours, other in zip(self.ours.cpu, self.other.cpu, strict=False))

    @property
    def cpu_per_host(self) -> tuple[float, float]:
        """The seconds that the controller's processors worked for each host, ours and the other's; medians of the rounds."""
        return median(self.ours.cpu) / self.hosts, median(self.other.cpu) / self.hosts

    @property
    def verdict(self) -> str:
        """Whether the median ratio reaches the aim; empty where there is none."""
        if self.aim is None:
            return ""
        return "pass" if self.ratio <= self.aim else "MISS"

    def as_dict(self) -> dict[str, Any]:
        """Return the line as the JSON report holds it."""
        pairs = self.pairs
        return {
            "row": self.row,
            "ours": _told(self.ours, len(pairs)),
            "other": _told(self.other, len(pairs)),
            "rounds": len(pairs),
            "ratio": {"min": round(min(self.ratios), 3), "median": round(self.ratio, 3), "max": round(max(self.ratios), 3)},
            "cpu_ratio": round(self.cpu_ratio, 3),
            "hosts": self.hosts,
            "cpu_per_host": [round(each, 4) for each in self.cpu_per_host],
            "aim": self.aim,
            "verdict": self.verdict or None,
        }


def _told(series: Series, rounds: int) -> dict[str, Any]:
    return {
        "name": series.name,
        "median": round(median(series.seconds[:rounds]), 4),
        "seconds": [round(each, 4) for each in series.seconds],
        "cpu": [round(each, 4) for each in series.cpu],
    }
