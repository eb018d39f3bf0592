# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let contenders take turns: A B A B, so that what else the machine does meets both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .command import Command, Cost, run, timed
from .comparison import Series


@dataclass(frozen=True)
class Contender:
    """One way to do the work. ``prepare`` gets the number of the round and returns the command to time; its own work is not timed."""

    name: str
    prepare: Callable[[int], Command]
    warm_up: bool = True
    """Whether the command runs once untimed as round 0, to have every file that it reads in memory."""
    at_most: int | None = None
    """Fewer rounds for a command that takes very long."""


def hold(title: str, contenders: Sequence[Contender], *, rounds: int, tell: Callable[[str], None]) -> dict[str, Series]:
    """Run every round of a contest, and return each contender's seconds by its name."""
    costs: dict[str, list[Cost]] = {each.name: [] for each in contenders}
    for each in contenders:
        if each.warm_up:
            run(each.prepare(0))
    for number in range(1, rounds + 1):
        for each in contenders:
            if each.at_most is None or number <= each.at_most:
                costs[each.name].append(timed(each.prepare(number)))
        tell(
            f"{title}, round {number} of {rounds}: "
            + ", ".join(f"{name} {taken[-1].seconds:.2f} s" for name, taken in costs.items() if len(taken) == number)
        )
    return {name: Series(name, tuple(each.seconds for each in taken), tuple(each.cpu for each in taken)) for name, taken in costs.items()}


def constant(name: str, command: Command, *, at_most: int | None = None) -> Contender:
    """Return a contender whose command is the same in every round."""
    return Contender(name, lambda _number: command, at_most=at_most)
