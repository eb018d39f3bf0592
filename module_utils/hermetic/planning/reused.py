# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a plan takes into use again as it is: trees that are on the host and that no verification of the current generation has seen; pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..model.layout import laid_id
from ..model.receipts import Generation
from .observation import Observation
from .plan import Plan


@dataclass(frozen=True)
class Reused:
    """Trees that are on the host and not in use: those of a generation to come, and unpacked wheels that new environments will share."""

    trees: Generation
    laid: frozenset[str]

    def any(self) -> bool:
        """Whether there is one."""
        return bool(self.trees.bundles or self.trees.virtualenvs or self.laid)


def reused(plan: Plan, observation: Observation) -> Reused | None:
    """Return what a plan would take into use again as it is, without a verification; None without a switch."""
    if plan.target is None:
        return None
    records, current = observation.records, observation.current
    known = {*current.bundles.values(), *current.virtualenvs.values()} if current is not None else set()
    trees = Generation(
        **{
            **plan.target.__dict__,
            "bundles": {name: tree_id for name, tree_id in plan.target.bundles.items() if tree_id in records.bundles.keys() - known},
            "virtualenvs": {name: each for name, each in plan.target.virtualenvs.items() if each in records.environments.keys() - known},
        }
    )
    inspected = {laid for tree_id in known if tree_id in records.environments for laid in records.environments[tree_id].laid}
    shared = {
        laid_id(wheel, byte_code=byte_code)
        for each in plan.environments
        if (byte_code := plan.byte_code(each.bundle_id, records)) is not None
        for wheel in each.declared.wheels
    }
    return Reused(trees, frozenset(shared & records.laid.keys() - inspected))
