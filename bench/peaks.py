# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Peak memory: what a row is, and what it is held against; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from .change import Key


@dataclass(frozen=True)
class Peak:
    """The peak of the largest process of a command, round by round, and that of something to compare it with; in kilobytes.

    ``aim`` is the highest median that passes, in megabytes.
    """

    row: str
    name: str
    kilobytes: tuple[int, ...]
    other_name: str
    other: tuple[int, ...]
    aim: float | None = None

    @property
    def key(self) -> Key:
        """What the row is called in a stored result."""
        return (f"peak memory, {self.row}", self.name, self.other_name)

    @property
    def ratios(self) -> list[float]:
        """Ours divided by the other's, round by round: other machines have other sizes of pages and interpreters."""
        return [ours / other for ours, other in zip(self.kilobytes, self.other, strict=True)]

    @property
    def megabytes(self) -> float:
        """The median of the rounds."""
        return median(self.kilobytes) / 1024

    @property
    def verdict(self) -> str:
        """Whether the aim is reached; empty where there is none."""
        if self.aim is None:
            return ""
        return "pass" if self.megabytes <= self.aim else "MISS"

    def as_dict(self) -> dict[str, Any]:
        """Return the row as the JSON report holds it."""
        return {
            "row": self.row,
            "ours": {"name": self.name, "kilobytes": list(self.kilobytes)},
            "other": {"name": self.other_name, "kilobytes": list(self.other)},
            "aim_megabytes": self.aim,
            "verdict": self.verdict or None,
        }


def lines(peaks: Sequence[Peak]) -> list[str]:
    """Return a line for each row."""
    return [
        f"peak memory, {each.row}: {each.megabytes:.1f} MB with {each.name}, {median(each.other) / 1024:.1f} MB with {each.other_name}"
        + (f"; at most {each.aim:g} MB: {each.verdict}" if each.verdict else "")
        for each in peaks
    ]
