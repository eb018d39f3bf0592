# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks a plan runs, on which trees: those of everything whose tree changes; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from ..model.check import Check
from ..model.declaration import Bundle, Declaration, VirtualEnv
from ..model.receipts import Generation
from ..text.counting import counted
from .desired_state import DesiredEnvironment
from .observation import Observation
from .step import Step


@dataclass(frozen=True)
class CheckedTree:
    """A bundle or VirtualEnv, the tree behind its name, and its checks."""

    kind: Literal["bundles", "environments"]
    name: str
    id: str
    before: tuple[Check, ...]
    """Run in the tree before the switch."""
    after: tuple[Check, ...]
    """Run through the stable path after the switch."""

    @property
    def subject(self) -> str:
        """How findings and results name it."""
        return f"{'bundle' if self.kind == 'bundles' else 'virtualenv'}:{self.name}"

    def step(self) -> Step:
        """Return the step of a plan that these checks are."""
        parts = [
            f"{counted(len(checks), 'check')} {where}"
            for checks, where in ((self.before, "before the switch"), (self.after, "after it"))
            if checks
        ]
        return Step("check", self.subject, f"{' and '.join(parts)}; check mode does not run them")


def planned_checks(
    declaration: Declaration,
    observation: Observation,
    bundles: Mapping[str, Bundle],
    environments: Mapping[str, DesiredEnvironment],
    *,
    made: Collection[str],
) -> list[CheckedTree]:
    """Return the checked trees of what leads to another tree than now, or to one that is ``made`` again in its place."""
    declared = list(declared_trees(declaration, bundles, environments))
    default = next((bundle.name for bundle in bundles.values() if bundle.default), None)
    below = {each.id: each.bundle for each in environments.values()}
    again = {each.subject for each in declared if each.id in made or below.get(each.id) in made}
    return [each for each in declared if each.subject in again or changes_since(observation.current, each, default=default)]


def changes_since(before: Generation | None, each: CheckedTree, *, default: str | None) -> bool:
    """Return whether the stable paths of a name lead to another tree than in a generation, where ``default`` is the default bundle."""
    had = {} if before is None else before.bundles if each.kind == "bundles" else before.virtualenvs
    new_default = each.kind == "bundles" and each.name == default and before is not None and before.default != default
    return had.get(each.name) != each.id or new_default


def trees_in_force(declaration: Declaration, current: Generation) -> Iterator[CheckedTree]:
    """Yield the checked trees of what is declared and in a generation, whichever tree it has there."""
    for each in declaration.bundles:
        if each.name in current.bundles:
            yield from _with_checks("bundles", each, current.bundles[each.name])
    for environment in declaration.virtualenvs:
        if environment.name in current.virtualenvs:
            yield from _with_checks("environments", environment, current.virtualenvs[environment.name])


def fit_to_run(tree: CheckedTree, observation: Observation) -> bool:
    """Return whether nothing is wrong with a tree in force, and with what it stands on: what others put there is not to be run."""
    broken = observation.broken
    if tree.kind == "bundles":
        return tree.id in observation.records.bundles and tree.id not in broken["bundles"]
    receipt = observation.records.environments.get(tree.id)
    if receipt is None or tree.id in broken["environments"] or receipt.bundle in broken["bundles"]:
        return False
    return receipt.bundle in observation.records.bundles and not broken["laid"].intersection(receipt.laid)


def declared_trees(
    declaration: Declaration, bundles: Mapping[str, Bundle], environments: Mapping[str, DesiredEnvironment]
) -> Iterator[CheckedTree]:
    """Yield what is declared with checks, and the tree that it leads to."""
    for bundle in declaration.bundles:
        yield from _with_checks("bundles", bundle, bundles[bundle.name].id)
    for environment in declaration.virtualenvs:
        yield from _with_checks("environments", environment, environments[environment.name].id)


def _with_checks(kind: Literal["bundles", "environments"], declared: Bundle | VirtualEnv, tree_id: str) -> Iterator[CheckedTree]:
    if declared.checks or declared.checks_after:
        yield CheckedTree(kind, declared.name, tree_id, declared.checks, declared.checks_after)
