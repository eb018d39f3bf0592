# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that a run did not come to are repeated by a declaration of the same trees, and by no other."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.unproved import Unproved
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.desired_state import (
    DesiredEnvironment,
    desired_bundles,
    desired_environments,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.outstanding_checks import (
    can_be_proved,
    going_back,
    outstanding_checks,
)
from checked_samples import BUNDLE, OPS, OTHER, WEB, declared, generation


def outstanding(declaration: Declaration, observation: Observation) -> dict[str, tuple[int, int]]:
    bundles = desired_bundles(declaration, observation, [])
    environments = desired_environments(declaration, observation, bundles, [])
    return {
        each.subject: (len(each.before), len(each.after)) for each in outstanding_checks(declaration, observation, bundles, environments)
    }


def test_what_a_run_that_was_cut_off_had_switched_to_is_checked_through_the_stable_path() -> None:
    before = generation(declared(virtualenvs=(OPS,)))
    observation = Observation(current=generation(declared(), 2, previous=1), unproved=Unproved(2))
    observation.records.generations.update({1: before})
    assert outstanding(declared(), observation) == {"virtualenv:web": (0, 1)}
    observation.records.generations.clear()
    assert outstanding(declared(), observation) == {"bundle:python": (0, 1), "virtualenv:web": (0, 1)}
    observation.unproved = Unproved(2, frozenset({"bundle:python"}))
    assert outstanding(declared(), observation) == {"bundle:python": (0, 1)}
    assert outstanding(declared(virtualenvs=(OPS,)), replace(observation, unproved=None)) == {}


UNPROVED = Unproved(2, frozenset({"virtualenv:web"}))


@pytest.mark.parametrize(
    ("declaration", "unproved", "provable"),
    [
        (declared(), UNPROVED, True),
        # Nothing is to be checked any more.
        (declared(virtualenvs=(replace(WEB, checks=(), checks_after=()), OPS)), UNPROVED, True),
        (declared(virtualenvs=(replace(WEB, wheels=("c" * 64,)), OPS)), UNPROVED, False),
        (declared(virtualenvs=(OPS,)), UNPROVED, False),
        (declared(OTHER), UNPROVED, False),
        (replace(declared(), virtualenvs=(OPS,), complete=False), UNPROVED, False),
        (declared(OTHER), Unproved(2, frozenset({"bundle:python"})), False),
        (declared(OTHER), Unproved(2), True),
        (declared(OTHER), None, True),
    ],
)
def test_what_was_not_proved_can_be_by_a_declaration_of_the_same_tree(
    declaration: Declaration, unproved: Unproved | None, provable: bool
) -> None:
    observation = Observation(current=generation(declared(), 2, previous=1), unproved=unproved)
    bundles = desired_bundles(declaration, observation, [])
    if not declaration.complete:
        # What stays of the generation in force is not declared.
        environments = {each.name: DesiredEnvironment(each.name, each.id(BUNDLE), BUNDLE.id, None, declared=False) for each in (WEB, OPS)}
    else:
        environments = desired_environments(declaration, observation, bundles, [])
    assert can_be_proved(declaration, observation, bundles, environments) is provable


def test_to_go_back_is_a_step_of_its_own_and_repeats_no_check() -> None:
    before, left = generation(declared(virtualenvs=(OPS,))), generation(declared(), 2, previous=1)
    observation = Observation(current=before, back_from=left, unproved=UNPROVED)
    assert [(step.action, step.reason.partition(":")[0]) for step in going_back(observation)] == [
        ("switch", "from generation 2 back to generation 1")
    ]
    assert outstanding(declared(), observation) == {}
    assert observation.in_force is left
    assert list(going_back(Observation(current=left))) == []
