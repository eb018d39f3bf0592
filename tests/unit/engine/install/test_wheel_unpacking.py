# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels are unpacked: each once for a byte code, and those that are there only when they are to be unpacked again."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.wheel_unpacking import MissingWheel, missing_wheels
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Bundle, PlannedEnvironment, VirtualEnv
from host_samples import PYTHON, Host, bundle, byte_code, laid, virtualenv, wheel


def planned(declared: VirtualEnv, on: Bundle = PYTHON) -> PlannedEnvironment:
    return PlannedEnvironment(declared.id(on), declared.key(on), declared, on.id)


def missing(name: str) -> MissingWheel:
    return MissingWheel(laid(name), wheel(name), PYTHON.id, byte_code(PYTHON))


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


def test_bundles_of_one_byte_code_share_what_is_unpacked() -> None:
    host, patched, older = Host(), bundle("python", "3.12.2+1"), bundle("old", "3.11.9+1")
    for each in (PYTHON, patched, older):
        host.install(each)
    host.unpack("alpha-1.0", PYTHON)
    one = virtualenv("one", "alpha-1.0")
    assert missing_wheels([planned(one, patched)], host.records, again=()) == []
    (found,) = missing_wheels([planned(one, older)], host.records, again=())
    assert (found.id, found.bundle_id) == (laid("alpha-1.0", older), older.id)
    both = missing_wheels([planned(virtualenv("two", "beta-1.0"), each) for each in (PYTHON, patched)], host.records, again=())
    assert [(each.id, each.bundle_id) for each in both] == [(laid("beta-1.0"), PYTHON.id)]
