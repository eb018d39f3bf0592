# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels that an earlier release unpacked for one bundle serve all of the same byte code from now on."""

from __future__ import annotations

from dataclasses import replace

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.manifest import FileRecord
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Records
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.takeover import moved, takeovers
from host_samples import ONE, PYTHON, SYSTEM, TWO, Host, bundle, byte_code, digest, earlier, host_as_declared, laid, steps

PATCHED = bundle("python", "3.12.2+1")


def earlier_host() -> Host:
    """Return a host that is as an earlier release left it."""
    host = host_as_declared()
    names = {}
    for tree_id, receipt in list(host.records.laid.items()):
        old = earlier(receipt, PYTHON)
        names[tree_id] = old.id
        del host.records.laid[tree_id]
        host.records.laid[old.id] = old
    for tree_id, environment in host.records.environments.items():
        host.records.environments[tree_id] = replace(environment, laid={names[each]: stamp for each, stamp in environment.laid.items()})
    return host


def test_each_is_taken_over_once_and_keeps_all_but_its_name() -> None:
    host = earlier_host()
    found = takeovers(host.records, broken=())
    assert {each.now.id for each in found} == {laid("alpha-1.0"), laid("beta-1.0")}
    for each in found:
        assert (each.is_twin, each.now.bundle, each.now.byte_code, each.now.python) == (False, None, byte_code(PYTHON), "3.12.1")
        assert replace(each.now, id=each.earlier.id, byte_code=None, python=None, bundle=PYTHON.id) == each.earlier


def test_nothing_is_taken_over_twice() -> None:
    assert takeovers(host_as_declared().records, broken=()) == []


def test_environments_name_what_was_taken_over() -> None:
    host = earlier_host()
    found = takeovers(host.records, broken=())
    before = host.records.environments[ONE.id(PYTHON)]
    after = moved(before, found)
    assert set(after.laid) == {laid("alpha-1.0"), laid("beta-1.0")}
    assert sorted(after.laid.values()) == sorted(before.laid.values())
    assert moved(after, found) is after


def test_of_two_of_one_content_one_stays() -> None:
    host = earlier_host()
    host.install(PATCHED)
    alpha = next(each for each in host.records.laid.values() if each.name == "alpha")
    twin = replace(alpha, id=f"{alpha.wheel[:16]}-{PATCHED.sha256[:12]}", bundle=PATCHED.id, stamp="another")
    host.records.laid[twin.id] = twin
    found = [each for each in takeovers(host.records, broken=()) if each.now.name == "alpha"]
    assert sorted(each.is_twin for each in found) == [False, True]
    assert {each.now.id for each in found} == {laid("alpha-1.0")}


def test_of_two_of_other_content_the_second_stays_as_it_is() -> None:
    host = earlier_host()
    host.install(PATCHED)
    alpha = next(each for each in host.records.laid.values() if each.name == "alpha")
    other = {**alpha.files, "site/alpha/__pycache__/__init__.cpython-312.pyc": FileRecord(0o644, 1, digest("another compiler"))}
    twin = replace(alpha, id=f"{alpha.wheel[:16]}-{PATCHED.sha256[:12]}", bundle=PATCHED.id, files=other)
    host.records.laid[twin.id] = twin
    assert len([each for each in takeovers(host.records, broken=()) if each.now.name == "alpha"]) == 1


def test_what_is_broken_unknown_or_would_be_another_today_stays() -> None:
    host = earlier_host()
    alpha, beta = sorted(host.records.laid.values(), key=lambda each: each.name)
    assert [each.now.name for each in takeovers(host.records, broken={alpha.id})] == ["beta"]
    host.records.laid[beta.id] = replace(beta, files={**beta.files, "data/share/x": FileRecord(0o644, 1, digest("x"))})
    assert [each.now.name for each in takeovers(host.records, broken=())] == ["alpha"]
    host.records.byte_codes.clear()
    assert takeovers(host.records, broken=()) == []


def test_a_bundle_that_shows_no_byte_code_keeps_its_names() -> None:
    host = earlier_host()
    host.records.byte_codes[PYTHON.id] = PYTHON.sha256
    found = takeovers(host.records, broken=())
    assert [each.now.id for each in found] == [each.earlier.id for each in found] != []
    assert {each.now.byte_code for each in found} == {PYTHON.sha256}


def test_a_host_of_an_earlier_release_is_as_declared() -> None:
    assert steps(earlier_host().plan(SYSTEM)) == []


def test_a_broken_tree_of_an_earlier_release_is_repaired_by_what_takes_its_place() -> None:
    host = earlier_host()
    alpha = next(each for each in host.records.laid.values() if each.name == "alpha")
    plan = host.plan(SYSTEM, broken={"laid": {alpha.id}})
    assert {each.id for each in plan.environments} == {ONE.id(PYTHON), TWO.id(PYTHON)}
    assert plan.reinstall == set()


def test_a_root_without_anything_has_nothing_to_take_over() -> None:
    assert takeovers(Records({}, {}, {}, {}, {}), broken=()) == []
