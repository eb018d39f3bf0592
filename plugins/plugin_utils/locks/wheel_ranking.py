# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of several wheels of one version a target takes, by their names alone: the same for both kinds of lock."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import TypeVar

from packaging.tags import Tag
from packaging.utils import parse_wheel_filename

from ..platforms import Target

Offered = TypeVar("Offered")


def best_first(wheels: Iterable[Offered], target: Target, *, filename: Callable[[Offered], str]) -> list[Offered]:
    """Return the wheels that the target takes: the better tag first, then the higher build number, then in the order of their names."""
    ranks = _ranks(target)
    fitting = []
    for wheel in wheels:
        build, tags = parse_wheel_filename(filename(wheel))[2:]
        known = [ranks[tag] for tag in tags if tag in ranks]
        if known:
            fitting.append(((-min(known), build), wheel))
    fitting.sort(key=lambda pair: filename(pair[1]))
    # Sorting is stable, also in reverse: among equals the order of names stays.
    fitting.sort(key=lambda pair: pair[0], reverse=True)
    return [wheel for _unused, wheel in fitting]


@functools.lru_cache(maxsize=8)
def _ranks(target: Target) -> dict[Tag, int]:
    ranks: dict[Tag, int] = {}
    for rank, tag in enumerate(target.tags):
        ranks.setdefault(tag, rank)
    return ranks
