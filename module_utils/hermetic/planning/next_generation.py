# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generation that a plan leads to: its number, what it holds, and where it goes back to; pure."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping

from ..model.declaration import Bundle
from ..model.receipts import Generation
from ..text.grammar import LARGEST_GENERATION
from .desired_state import DesiredEnvironment


def next_generation(
    known: Collection[int],
    current: Generation | None,
    bundles: Mapping[str, Bundle],
    environments: Mapping[str, DesiredEnvironment],
    *,
    now: str,
    rollout: str | None,
) -> Generation:
    """Return the generation that holds what is desired, after the ``current`` one."""
    return Generation(
        number=_next_number(known),
        created=now,
        pinned=False,
        default=next((bundle.name for bundle in bundles.values() if bundle.default), None),
        bundles={name: bundle.id for name, bundle in sorted(bundles.items())},
        virtualenvs={name: each.id for name, each in sorted(environments.items())},
        previous=current.number if current is not None else None,
        rollout=rollout,
        before_rollout=_before(rollout, current),
    )


def _before(rollout: str | None, current: Generation | None) -> int | None:
    """Return the generation that a roll-out leads back to: one that is resumed leads to where it began."""
    if rollout is None or current is None:
        return None
    return current.before_rollout if current.rollout == rollout else current.number


def _next_number(numbers: Collection[int]) -> int:
    """Return the number of a new generation: after all others, or a free one where a record has the last number that there is."""
    following = max(numbers, default=0) + 1
    return following if following <= LARGEST_GENERATION else next(number for number in itertools.count(1) if number not in numbers)
