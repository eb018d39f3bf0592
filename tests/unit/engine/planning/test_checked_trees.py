# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a plan are those of what leads to another tree, and no others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.checked_trees import planned_checks, trees_in_force
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.desired_state import desired_bundles, desired_environments
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from checked_samples import BUNDLE, CHECKS, OPS, OTHER, WEB, declared, generation


def checked(declaration: Declaration, observation: Observation, *made: str) -> dict[str, tuple[int, int]]:
    bundles = desired_bundles(declaration, observation, [])
    environments = desired_environments(declaration, observation, bundles, [])
    found = planned_checks(declaration, observation, bundles, environments, made=made)
    return {each.subject: (len(each.before), len(each.after)) for each in found}


def test_on_an_empty_host_everything_with_checks_is_checked() -> None:
    assert checked(declared(), Observation()) == {"bundle:python": (1, 1), "virtualenv:web": (1, 1)}


def test_nothing_is_checked_that_stays_as_it_is() -> None:
    assert checked(declared(), Observation(current=generation(declared()))) == {}


def test_a_new_release_of_a_bundle_checks_what_stands_on_it() -> None:
    assert set(checked(declared(OTHER), Observation(current=generation(declared())))) == {"bundle:python", "virtualenv:web"}


def test_another_lock_checks_that_environment_alone() -> None:
    later = declared(virtualenvs=(replace(WEB, wheels=("c" * 64,)), OPS))
    assert set(checked(later, Observation(current=generation(declared())))) == {"virtualenv:web"}


@pytest.mark.parametrize("made", [WEB.id(BUNDLE), BUNDLE.id])
def test_what_is_reinstalled_is_checked(made: str) -> None:
    assert "virtualenv:web" in checked(declared(), Observation(current=generation(declared())), made)


def test_in_force_is_what_is_declared_and_in_the_generation() -> None:
    current = generation(declared(virtualenvs=(WEB,)))
    later = declared(virtualenvs=(replace(WEB, wheels=("c" * 64,)), replace(OPS, **CHECKS)))
    assert [(each.subject, each.id) for each in trees_in_force(later, current)] == [
        ("bundle:python", BUNDLE.id),
        ("virtualenv:web", WEB.id(BUNDLE)),
    ]
