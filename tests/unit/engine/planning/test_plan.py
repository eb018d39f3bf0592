# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: what is done for every pair of a declared and an observed state."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.plan import make_plan
from host_samples import NOW, ONE, PYTHON, SYSTEM, TWO, Host, bundle, found_by, host_as_declared, laid, steps, virtualenv
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture
def host() -> Host:
    return host_as_declared()


def test_a_first_install_does_everything() -> None:
    plan = Host("alpha-1.0", "beta-1.0").plan(SYSTEM)
    assert steps(plan) == [
        ("install_bundle", "bundle:python"),
        ("build_environment", "virtualenv:one"),
        ("build_environment", "virtualenv:two"),
        ("switch", "generation"),
    ]
    assert found_by(plan) == [
        ("bundle:python", "missing", "pending"),
        ("virtualenv:one", "missing", "pending"),
        ("virtualenv:two", "missing", "pending"),
    ]
    assert plan.target is not None
    assert (plan.target.number, plan.target.previous, plan.target.default, plan.target.created) == (1, None, "python", NOW)
    assert plan.steps[-1].reason == "from nothing to generation 1"


def test_nothing_declared_on_an_empty_host_is_nothing_to_do() -> None:
    for declaration in (None, Declaration(complete=True), Declaration(complete=False)):
        plan = Host().plan(declaration)
        assert (plan.changes, plan.findings, plan.target) == (False, [], None)


@pytest.mark.parametrize(
    "declaration",
    [SYSTEM, None, Declaration(), Declaration(virtualenvs=(TWO,)), Declaration(bundles=(bundle(),))],
    ids=["system", "none", "empty part", "one environment", "the bundle"],
)
def test_a_host_that_is_as_declared_is_left_alone(host: Host, declaration: Declaration | None) -> None:
    plan = host.plan(declaration)
    assert (plan.changes, plan.findings, plan.target, plan.unrepairable) == (False, [], None, [])


def test_a_complete_declaration_removes_what_it_does_not_name(host: Host) -> None:
    plan = host.plan(Declaration(bundles=(PYTHON,), virtualenvs=(TWO,), complete=True))
    assert steps(plan) == [("switch", "generation")]
    assert found_by(plan) == [("virtualenv:one", "unexpected", "pending")]
    assert plan.target is not None
    assert list(plan.target.virtualenvs) == ["two"]
    assert plan.target.previous == 1


def test_a_complete_declaration_of_nothing_empties_the_host(host: Host) -> None:
    plan = host.plan(Declaration(complete=True))
    assert plan.target is not None
    assert (plan.target.bundles, plan.target.virtualenvs, plan.target.default) == ({}, {}, None)


def test_a_part_leaves_the_rest(host: Host) -> None:
    plan = host.plan(Declaration(virtualenvs=(virtualenv("three", "gamma-1.0"),)))
    assert steps(plan) == [("build_environment", "virtualenv:three"), ("switch", "generation")]
    assert plan.target is not None
    assert list(plan.target.virtualenvs) == ["one", "three", "two"]


def test_absent_takes_away_and_leaves_the_rest(host: Host) -> None:
    plan = host.plan(Declaration(absent_virtualenvs=frozenset({"one", "never there"})))
    assert steps(plan) == [("switch", "generation")]
    assert found_by(plan) == [("virtualenv:one", "unexpected", "pending")]
    assert plan.target is not None
    assert list(plan.target.virtualenvs) == ["two"]


def test_a_bundle_that_carries_environments_cannot_go(host: Host) -> None:
    with pytest.raises(InvalidRequest) as caught:
        host.plan(Declaration(absent_bundles=frozenset({"python"})))
    assert len(caught.value.problems) == 2
    assert all("needs the bundle 'python'" in problem for problem in caught.value.problems)
    plan = host.plan(Declaration(absent_bundles=frozenset({"python"}), absent_virtualenvs=frozenset({"one", "two"})))
    assert plan.target is not None
    assert (plan.target.bundles, plan.target.virtualenvs) == ({}, {})


def test_an_environment_on_an_unknown_bundle_is_refused_with_those_that_are_there(host: Host) -> None:
    for declaration in (
        Declaration(virtualenvs=(virtualenv("x", on="jython"), virtualenv("y", on="pypy"))),
        Declaration(bundles=(PYTHON,), virtualenvs=(virtualenv("x", on="jython"), virtualenv("y", on="pypy")), complete=True),
    ):
        with pytest.raises(InvalidRequest) as caught:
            host.plan(declaration)
        assert len(caught.value.problems) == 2
        assert "there are: python" in caught.value.problems[0]


def test_an_environment_without_a_bundle_gets_the_default_one(host: Host) -> None:
    plan = host.plan(Declaration(virtualenvs=(virtualenv("three", "gamma-1.0", on=""),)))
    assert [each.bundle_id for each in plan.environments] == [PYTHON.id]


def test_other_wheels_are_reported_package_by_package(host: Host) -> None:
    plan = host.plan(Declaration(virtualenvs=(virtualenv("one", "beta-2.0", "gamma-1.0"),)))
    assert found_by(plan) == [
        ("package:one/alpha", "unexpected", "pending"),
        ("package:one/beta", "version", "pending"),
        ("package:one/gamma", "missing", "pending"),
        ("virtualenv:one", "version", "pending"),
    ]
    assert steps(plan) == [("build_environment", "virtualenv:one"), ("switch", "generation")]


def test_site_packages_of_the_system_make_another_environment(host: Host) -> None:
    plan = host.plan(Declaration(virtualenvs=(virtualenv("two", "alpha-1.0", system_site_packages=True),)))
    assert found_by(plan) == [("virtualenv:two", "version", "pending")]
    assert steps(plan) == [("build_environment", "virtualenv:two"), ("switch", "generation")]


def test_a_switch_back_to_what_is_still_there_builds_nothing(host: Host) -> None:
    other = virtualenv("one", "gamma-1.0")
    host.switch([PYTHON], [host.build(other, PYTHON, "gamma-1.0"), host.records.environments[TWO.id(PYTHON)]])
    plan = host.plan(SYSTEM)
    assert steps(plan) == [("switch", "generation")]
    assert plan.target is not None
    assert (plan.target.number, plan.target.previous) == (3, 2)


class TestDefaultBundle:
    """Which bundle is bin/python."""

    OLD, NEW = bundle("old", "3.11.7+1"), bundle("new", "3.13.0+1")

    @pytest.mark.parametrize(
        ("bundles", "expected"),
        [
            (("new", "old"), "new"),
            (("old", "python"), "python"),
            (("python",), "python"),
            (("old!", "python"), "old"),
            (("python", "new!"), "new"),
        ],
    )
    def test_a_declared_default_wins_then_the_name_python_then_the_first(self, bundles: tuple[str, ...], expected: str) -> None:
        declared = tuple(bundle(name.rstrip("!"), default=name.endswith("!")) for name in bundles)
        plan = Host().plan(Declaration(bundles=declared, complete=True))
        assert plan.target is not None
        assert plan.target.default == expected

    def test_a_second_bundle_does_not_take_the_default(self, host: Host) -> None:
        plan = host.plan(Declaration(bundles=(self.NEW,)))
        assert steps(plan) == [("install_bundle", "bundle:new"), ("switch", "generation")]
        assert plan.target is not None
        assert (plan.target.default, sorted(plan.target.bundles)) == ("python", ["new", "python"])

    def test_a_second_bundle_takes_the_default_when_it_says_so(self, host: Host) -> None:
        plan = host.plan(Declaration(bundles=(bundle("new", "3.13.0+1", default=True),)))
        assert plan.target is not None
        assert plan.target.default == "new"

    def test_the_default_alone_is_a_change(self, host: Host) -> None:
        host.install(self.NEW)
        host.switch([PYTHON, self.NEW], [host.records.environments[TWO.id(PYTHON)]])
        assert not host.plan(Declaration(bundles=(self.NEW,))).changes
        plan = host.plan(Declaration(bundles=(bundle("new", "3.13.0+1", default=True),)))
        assert steps(plan) == [("switch", "generation")]
        assert plan.target is not None
        assert plan.target.default == "new"

    def test_when_the_default_goes_another_takes_its_place(self, host: Host) -> None:
        host.install(self.NEW)
        host.switch([PYTHON, self.NEW], [])
        plan = host.plan(Declaration(absent_bundles=frozenset({"python"})))
        assert plan.target is not None
        assert plan.target.default == "new"

    def test_an_upgraded_default_stays_the_default(self, host: Host) -> None:
        plan = host.plan(Declaration(bundles=(bundle(release="3.12.1+2"),)))
        assert plan.target is not None
        assert plan.target.default == "python"


class TestUpgrade:
    """A bundle moves on, and takes the environments along that its wheels still fit."""

    @pytest.mark.parametrize("release", ["3.12.1+2", "3.12.9+1"])
    def test_environments_of_the_same_python_are_rebuilt_on_it(self, host: Host, release: str) -> None:
        plan = host.plan(Declaration(bundles=(bundle(release=release),)))
        assert steps(plan) == [
            ("install_bundle", "bundle:python"),
            ("build_environment", "virtualenv:one"),
            ("build_environment", "virtualenv:two"),
            ("switch", "generation"),
        ]
        assert found_by(plan) == [
            ("bundle:python", "version", "pending"),
            ("virtualenv:one", "stale", "pending"),
            ("virtualenv:two", "stale", "pending"),
        ]
        assert {each.bundle_id for each in plan.environments} == {bundle(release=release).id}
        assert [each.declared.wheels for each in plan.environments] == [tuple(sorted(ONE.wheels)), tuple(sorted(TWO.wheels))]

    @pytest.mark.parametrize("release", ["3.13.0+1", "3.1.2+1", "2.7.18+1"])
    def test_environments_of_another_python_are_refused(self, host: Host, release: str) -> None:
        with pytest.raises(InvalidRequest) as caught:
            host.plan(Declaration(bundles=(bundle(release=release),)))
        assert [problem.split("'")[1] for problem in caught.value.problems] == ["one", "two"]
        assert all("its wheels may not fit" in problem for problem in caught.value.problems)

    def test_environments_that_are_declared_along_are_not(self, host: Host) -> None:
        new = bundle(release="3.13.0+1", default=True)
        plan = host.plan(Declaration(bundles=(new,), virtualenvs=(ONE,), absent_virtualenvs=frozenset({"two"})))
        assert [each.bundle_id for each in plan.environments] == [new.id]


NAMES = st.sampled_from(["one", "two", "three"])
WHEELS = st.lists(
    st.sampled_from(["alpha-1.0", "beta-1.0", "beta-2.0", "gamma-1.0"]), unique_by=lambda name: name.split("-")[0], max_size=3
)


STATES = st.dictionaries(NAMES, WHEELS, max_size=3)


@given(STATES, STATES)
def test_a_plan_leads_to_a_host_that_needs_no_other(before: dict[str, list[str]], after: dict[str, list[str]]) -> None:
    host = Host("alpha-1.0", "beta-1.0", "beta-2.0", "gamma-1.0")
    host.install(PYTHON)
    host.switch([PYTHON], [host.build(virtualenv(name, *wheels), PYTHON, *wheels) for name, wheels in sorted(before.items())])
    declared = tuple(virtualenv(name, *wheels) for name, wheels in after.items())
    plan = host.plan(Declaration(bundles=(PYTHON,), virtualenvs=declared, complete=True))
    assert plan.changes == (before.keys() != after.keys() or any(set(before[name]) != set(after[name]) for name in before))
    assert plan.changes == bool(plan.findings)
    for each in plan.environments:
        host.build(each.declared, PYTHON, *after[each.declared.name])
    if plan.target is not None:
        host.records.generations[plan.target.number] = plan.target
    again = host.plan(Declaration(bundles=(PYTHON,), virtualenvs=tuple(reversed(declared)), complete=True))
    assert (again.changes, again.findings) == (False, [])


@given(STATES)
def test_a_plan_changes_nothing_that_it_was_made_from(after: dict[str, list[str]]) -> None:
    host = Host("alpha-1.0", "beta-1.0", "beta-2.0", "gamma-1.0")
    host.install(PYTHON)
    host.switch([PYTHON], [host.build(ONE, PYTHON, "alpha-1.0", "beta-1.0")])
    observation = host.observation(broken={"laid": {laid("alpha-1.0")}})
    text = repr(observation)
    declared = Declaration(bundles=(PYTHON,), virtualenvs=tuple(virtualenv(name, *wheels) for name, wheels in after.items()), complete=True)
    plans = [make_plan(declared, observation, file_name=lambda sha256: host.filenames[sha256], now=NOW) for _turn in range(2)]
    assert repr(observation) == text
    assert plans[0] == plans[1]
