# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a generation whose checks after the switch did not end: which of them can be repeated, and where it goes back to; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from ..model.declaration import Bundle, Declaration
from ..model.receipts import Generation
from .checked_trees import CheckedTree, changes_since, declared_trees
from .desired_state import DesiredEnvironment
from .observation import Observation
from .step import Step


def outstanding_checks(
    declaration: Declaration, observation: Observation, bundles: Mapping[str, Bundle], environments: Mapping[str, DesiredEnvironment]
) -> list[CheckedTree]:
    """Return the checks after the switch, as they are declared now, of the trees in force for which they did not end."""
    current, unproved = observation.current, observation.unproved
    if unproved is None or current is None or observation.back_from is not None:
        return []
    last = observation.records.generations.get(current.previous or 0)
    default = next((bundle.name for bundle in bundles.values() if bundle.default), None)

    def is_open(each: CheckedTree) -> bool:
        if unproved.subjects is not None:
            return each.subject in unproved.subjects
        return changes_since(last, each, default=default)

    declared = declared_trees(declaration, bundles, environments)
    return [replace(each, before=()) for each in declared if each.after and in_generation(each, current) and is_open(each)]


def can_be_proved(
    declaration: Declaration, observation: Observation, bundles: Mapping[str, Bundle], environments: Mapping[str, DesiredEnvironment]
) -> bool:
    """Return whether a declaration has every tree whose checks did not end, so that it says what is to be checked of it."""
    current, unproved = observation.current, observation.unproved
    if unproved is None or current is None or unproved.subjects is None:
        return True
    same = {f"bundle:{each.name}" for each in declaration.bundles if bundles[each.name].id == current.bundles.get(each.name)}
    same |= {
        f"virtualenv:{each.name}" for each in declaration.virtualenvs if environments[each.name].id == current.virtualenvs.get(each.name)
    }
    return unproved.subjects <= same


def going_back(observation: Observation) -> Iterator[Step]:
    """Yield the step that goes back from a generation which cannot be proved."""
    left, current = observation.back_from, observation.current
    if left is not None and current is not None:
        reason = (
            f"from generation {left.number} back to generation {current.number}: a run was cut off before the checks of the former ended"
        )
        yield Step("switch", "generation", reason)


def in_generation(tree: CheckedTree, generation: Generation) -> bool:
    """Return whether a tree is the one behind its name in a generation."""
    return (generation.bundles if tree.kind == "bundles" else generation.virtualenvs).get(tree.name) == tree.id
