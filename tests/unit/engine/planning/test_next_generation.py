# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The number of a new generation, and where a roll-out leads back to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.next_generation import next_generation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.grammar import LARGEST_GENERATION
from host_samples import NOW, PYTHON, host_as_declared


@pytest.mark.parametrize(("known", "number"), [((), 1), ((1, 2, 7), 8), ((1, 3, LARGEST_GENERATION), 2)])
def test_a_number_follows_all_others_or_is_free(known: tuple[int, ...], number: int) -> None:
    made = next_generation(known, None, {"python": PYTHON}, {}, now=NOW, rollout="spring")
    assert (made.number, made.default, made.bundles, made.previous, made.before_rollout) == (
        number,
        "python",
        {"python": PYTHON.id},
        None,
        None,
    )


def test_a_roll_out_that_is_resumed_leads_back_to_where_it_began() -> None:
    current = host_as_declared().observation().current
    assert current is not None
    first = next_generation({1}, current, {}, {}, now=NOW, rollout="spring")
    assert (first.previous, first.before_rollout, first.rollout) == (1, 1, "spring")
    again = next_generation({1, 2}, first, {}, {}, now=NOW, rollout="spring")
    assert (again.previous, again.before_rollout) == (2, 1)
    other = next_generation({1, 2}, replace(first, rollout="summer"), {}, {}, now=NOW, rollout="spring")
    assert (other.previous, other.before_rollout) == (2, 2)
