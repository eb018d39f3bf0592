# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels are unpacked: each once for a bundle, and those that are there only when they are to be unpacked again."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.wheel_unpacking import MissingWheel, missing_wheels
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import PlannedEnvironment, VirtualEnv
from host_samples import PYTHON, Host, laid, virtualenv, wheel


def planned(declared: VirtualEnv) -> PlannedEnvironment:
    return PlannedEnvironment(declared.id(PYTHON), declared.key(PYTHON), declared, PYTHON.id)


def missing(name: str) -> MissingWheel:
    return MissingWheel(laid(name), wheel(name), PYTHON.id)


ENVIRONMENTS = [planned(virtualenv("one", "alpha-1.0", "beta-1.0")), planned(virtualenv("two", "alpha-1.0", "gamma-1.0"))]


def test_a_wheel_of_several_environments_is_unpacked_once() -> None:
    host = Host()
    host.install(PYTHON)
    found = missing_wheels(ENVIRONMENTS, host.records, again=())
    assert len(found) == 3
    assert {each.id: each for each in found} == {laid(name): missing(name) for name in ("alpha-1.0", "beta-1.0", "gamma-1.0")}


def test_what_is_unpacked_stays_unless_it_is_to_be_unpacked_again() -> None:
    host = Host()
    host.install(PYTHON)
    for name in ("alpha-1.0", "beta-1.0"):
        host.unpack(name, PYTHON)
    assert missing_wheels(ENVIRONMENTS, host.records, again=()) == [missing("gamma-1.0")]
    found = missing_wheels(ENVIRONMENTS, host.records, again={laid("alpha-1.0")})
    assert {each.id for each in found} == {laid("alpha-1.0"), laid("gamma-1.0")}
