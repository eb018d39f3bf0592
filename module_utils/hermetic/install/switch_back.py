# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way back from a generation: whether there is one, and the switch."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from ..errors import HermeticError
from ..generations import profile
from ..model.layout import Layout
from ..model.receipts import Generation, Records
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..records import transaction_marker
from .environment import places


def leave(layout: Layout, left: Generation, previous: Generation | None, records: Records) -> list[str]:
    """Put a generation, or nothing, into force in place of one that is not kept; returns warnings."""
    warnings: list[str] = []
    if previous is None:
        profile.put_nothing_in_force(layout)
    else:
        warnings = profile.activate(layout, previous, records)
    profile.forget(layout, left.number)
    records.generations.pop(left.number, None)
    return warnings


def go_back_first(layout: Layout, observation: Observation) -> list[str]:
    """Go back from a generation that cannot be proved to the current one, before anything else is done; returns warnings."""
    left, current = observation.back_from, observation.current
    if left is None or current is None:
        return []
    warnings = leave(layout, left, current, observation.records)
    transaction_marker.proved(layout)
    observation.unproved = None
    return warnings


@contextmanager
def kept_back(layout: Layout, observation: Observation) -> Iterator[None]:
    """Leave nothing open, and say which generation is in force, where the block went back first and then ends with an error."""
    try:
        yield
    except BaseException as error:
        left, current = observation.back_from, observation.current
        gone_back = left is not None and current is not None and left.number not in observation.records.generations
        if left is not None and current is not None and gone_back and profile.current_number(layout) == current.number:
            transaction_marker.end(layout)
            if isinstance(error, HermeticError):
                error.message += (
                    f" Generation {current.number} is in force again: a run was cut off before the checks of generation {left.number} ended, "
                    "and this declaration cannot repeat them."
                )
        raise


def not_there(layout: Layout, generation: Generation, records: Records) -> list[str]:
    """Return what keeps a generation from being put into force: trees without a record, or whose interpreter is not there."""
    return [reason for reason in _reasons(layout, generation, records) if reason]


def damaged(generation: Generation, observation: Observation, plan: Plan) -> list[str]:
    """Return the trees of a generation that were not as they were installed, and that a plan does not reinstall."""
    records, broken = observation.records, observation.broken
    again = {*(bundle.id for bundle in plan.install), *(each.id for each in plan.environments)}
    bundles = set(generation.bundles.values()) & broken["bundles"]
    environments = set(generation.virtualenvs.values()) & (broken["environments"] | _sharing(broken["laid"], records))
    return sorted([*(f"bundles/{each}" for each in bundles - again), *(f"environments/{each}" for each in environments - again)])


def _sharing(laid: Collection[str], records: Records) -> set[str]:
    return {tree_id for tree_id, receipt in records.environments.items() if receipt.laid.keys() & set(laid)}


def _reasons(layout: Layout, generation: Generation, records: Records) -> Iterator[str]:
    for tree_id in generation.bundles.values():
        bundle = records.bundles.get(tree_id)
        path = f"bundles/{tree_id}"
        if bundle is None:
            yield f"{path} has no record"
        elif not os.path.exists(layout.tree("bundles", tree_id) / bundle.python["executable"]):
            yield f"{path} has no interpreter"
    for tree_id in generation.virtualenvs.values():
        environment = records.environments.get(tree_id)
        below = records.bundles.get(environment.bundle) if environment is not None else None
        path = f"environments/{tree_id}"
        if below is None:
            yield f"{path} has no record"
        elif not os.path.exists(layout.tree("environments", tree_id) / places(below.info).python):
            yield f"{path} has no interpreter"
