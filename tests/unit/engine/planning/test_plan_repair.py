# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for a host that is not what its receipts say."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import Finding
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Declaration
from host_samples import LEFTOVER, ONE, PYTHON, SYSTEM, TWO, Host, bundle, host_as_declared, laid, steps, virtualenv


@pytest.fixture
def host() -> Host:
    return host_as_declared()


class TestRepair:
    """What is broken is made again, and nothing else."""

    def test_a_broken_environment_is_rebuilt_in_place(self, host: Host) -> None:
        plan = host.plan(SYSTEM, broken={"environments": {ONE.id(PYTHON)}})
        assert steps(plan) == [("repair_environment", "virtualenv:one")]
        assert [each.id for each in plan.environments] == [ONE.id(PYTHON)]
        assert plan.target is None
        assert plan.reinstall == set()

    def test_a_broken_bundle_is_installed_again_and_its_environments_stay(self, host: Host) -> None:
        plan = host.plan(SYSTEM, broken={"bundles": {PYTHON.id}})
        assert steps(plan) == [("repair_bundle", "bundle:python")]
        assert [each.id for each in plan.install] == [PYTHON.id]
        assert plan.environments == []

    def test_a_bundle_without_its_receipt_has_its_links_made_again_with_it(self, host: Host) -> None:
        del host.records.bundles[PYTHON.id]
        plan = host.plan(SYSTEM, broken={"bundles": {PYTHON.id}})
        assert steps(plan) == [("repair_bundle", "bundle:python")]
        assert plan.restore_profile

    @pytest.mark.parametrize("declaration", [SYSTEM, None, Declaration(virtualenvs=(TWO,))])
    def test_a_broken_unpacked_wheel_rebuilds_every_environment_that_shares_it(self, host: Host, declaration: Declaration | None) -> None:
        older = host.build(virtualenv("older", "beta-1.0"), PYTHON, "beta-1.0")
        stranger = host.build(virtualenv("stranger", "gamma-1.0"), PYTHON, "gamma-1.0")
        plan = host.plan(declaration, broken={"laid": {laid("beta-1.0")}})
        assert plan.reinstall == {laid("beta-1.0")}
        assert {each.id for each in plan.environments} == {ONE.id(PYTHON), older.id}
        assert stranger.id not in {each.id for each in plan.environments}
        assert all(step.reason == "it shares files of a wheel that is unpacked again" for step in plan.steps)

    def test_an_environment_is_rebuilt_once_however_many_reasons_there_are(self, host: Host) -> None:
        plan = host.plan(SYSTEM, broken={"laid": {laid("alpha-1.0"), laid("beta-1.0")}, "environments": {ONE.id(PYTHON)}})
        assert steps(plan) == [("repair_environment", "virtualenv:one"), ("repair_environment", "virtualenv:two")]
        assert plan.reinstall == {laid("alpha-1.0"), laid("beta-1.0")}

    def test_a_broken_unpacked_wheel_that_nothing_wants_is_left_to_the_next_prune(self, host: Host) -> None:
        plan = host.plan(Declaration(bundles=(PYTHON,), virtualenvs=(TWO,), complete=True), broken={"laid": {laid("beta-1.0")}})
        assert plan.reinstall == set()
        assert plan.environments == []

    def test_a_broken_environment_that_nobody_wants_any_more_is_not_rebuilt(self, host: Host) -> None:
        plan = host.plan(Declaration(bundles=(PYTHON,), virtualenvs=(TWO,), complete=True), broken={"environments": {ONE.id(PYTHON)}})
        assert steps(plan) == [("switch", "generation")]

    def test_broken_links_are_restored_without_a_new_generation(self, host: Host) -> None:
        plan = host.plan(SYSTEM, profile_broken=True)
        assert (steps(plan), plan.restore_profile, plan.target) == ([("restore_links", "generation")], True, None)

    def test_broken_links_are_not_restored_when_the_host_moves_on(self, host: Host) -> None:
        plan = host.plan(Declaration(absent_virtualenvs=frozenset({"one"})), profile_broken=True)
        assert (steps(plan), plan.restore_profile) == ([("switch", "generation")], False)

    def test_leftovers_are_pruned(self, host: Host) -> None:
        plan = host.plan(SYSTEM, leftovers=[LEFTOVER])
        assert steps(plan) == [("prune", "store")]

    def test_what_was_observed_comes_first_among_the_findings(self, host: Host) -> None:
        seen = Finding(
            subject="store",
            kind="interrupted",
            severity="medium",
            cause="interrupted",
            expected=None,
            actual=None,
            path="state/journal",
            remedy="Converge.",
        )
        assert host.plan(Declaration(absent_virtualenvs=frozenset({"one"})), findings=[seen]).findings[0] is seen


class TestLostReceipts:
    """A receipt is what a part of the host is known by; without it, only a declaration helps."""

    def test_of_an_environment_that_is_declared(self, host: Host) -> None:
        del host.records.environments[ONE.id(PYTHON)]
        plan = host.plan(SYSTEM, broken={"environments": {ONE.id(PYTHON)}})
        assert (steps(plan), plan.unrepairable, plan.target) == ([("repair_environment", "virtualenv:one")], [], None)

    def test_of_an_environment_that_is_not(self, host: Host) -> None:
        del host.records.environments[ONE.id(PYTHON)]
        plan = host.plan(None, broken={"environments": {ONE.id(PYTHON)}})
        assert ["VirtualEnv 'one'" in problem for problem in plan.unrepairable] == [True]
        assert plan.environments == []

    def test_of_an_environment_that_goes(self, host: Host) -> None:
        del host.records.environments[ONE.id(PYTHON)]
        plan = host.plan(Declaration(absent_virtualenvs=frozenset({"one"})), broken={"environments": {ONE.id(PYTHON)}})
        assert (plan.unrepairable, steps(plan)) == ([], [("switch", "generation")])

    def test_of_a_bundle_that_is_declared(self, host: Host) -> None:
        del host.records.bundles[PYTHON.id]
        for declaration in (SYSTEM, Declaration(bundles=(bundle(),))):
            plan = host.plan(declaration, broken={"bundles": {PYTHON.id}})
            assert (steps(plan), plan.unrepairable) == ([("repair_bundle", "bundle:python")], [])
            assert [each.id for each in plan.install] == [PYTHON.id]

    def test_of_a_bundle_that_is_not(self, host: Host) -> None:
        del host.records.bundles[PYTHON.id]
        plan = host.plan(None, broken={"bundles": {PYTHON.id}})
        assert len(plan.unrepairable) == 1
        assert "bundle 'python'" in plan.unrepairable[0]

    def test_of_a_bundle_that_moves_on(self, host: Host) -> None:
        """Without the receipt nobody knows which Python the wheels of its environments were for."""
        del host.records.bundles[PYTHON.id]
        with pytest.raises(InvalidRequest):
            host.plan(Declaration(bundles=(bundle(release="3.12.1+2"),)), broken={"bundles": {PYTHON.id}})
