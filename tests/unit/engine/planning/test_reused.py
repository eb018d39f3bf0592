# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Trees that are there and come into use again are named, so that they are verified first."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.reused import reused
from host_samples import ONE, PYTHON, SYSTEM, TWO, Host, host_as_declared, laid, virtualenv


@pytest.fixture
def host() -> Host:
    return host_as_declared()


def test_a_tree_of_an_older_generation_is_named(host: Host) -> None:
    host.switch([PYTHON], [host.records.environments[TWO.id(PYTHON)]])
    found = reused(host.plan(SYSTEM), host.observation())
    assert found is not None
    assert (found.trees.virtualenvs, found.trees.bundles, found.laid) == ({"one": ONE.id(PYTHON)}, {}, frozenset())
    assert found.any()


def test_an_unpacked_wheel_for_a_new_environment_is_named(host: Host) -> None:
    host.unpack("gamma-1.0", PYTHON)
    three = virtualenv("three", "alpha-1.0", "gamma-1.0")
    found = reused(host.plan(Declaration(virtualenvs=(three,))), host.observation())
    assert found is not None
    assert found.laid == {laid("gamma-1.0")}


def test_nothing_is_named_without_a_switch(host: Host) -> None:
    assert reused(host.plan(SYSTEM), host.observation()) is None


def test_nothing_is_named_on_an_empty_host() -> None:
    host = Host("alpha-1.0", "beta-1.0")
    found = reused(host.plan(SYSTEM), host.observation())
    assert found is not None
    assert not found.any()
