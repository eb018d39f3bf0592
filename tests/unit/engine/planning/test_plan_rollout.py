# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import Declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipt_checks import record_problem
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import dump
from host_samples import PYTHON, SYSTEM, Host, bundle

NEXT = Declaration(bundles=(bundle(release="3.12.1+2", default=True),), complete=True)


@pytest.mark.parametrize(
    ("made_by", "rollout", "expected"),
    [
        pytest.param([None], "a", 1, id="the first switch"),
        pytest.param([None, "a"], "a", 1, id="resumed, and switched again"),
        pytest.param([None, "a", "a"], "a", 1, id="resumed twice"),
        pytest.param([None, "a"], "b", 2, id="after another one"),
        pytest.param([None, "a", None], "a", 3, id="after a run without a roll-out"),
        pytest.param([], "a", None, id="the first of the host"),
        pytest.param(["a"], "a", None, id="the first two of the host"),
        pytest.param([None, "a"], None, None, id="no roll-out"),
    ],
)
def test_a_generation_says_where_its_roll_out_leads_back_to(made_by: list[str | None], rollout: str | None, expected: int | None) -> None:
    host = Host()
    host.install(PYTHON)
    for name in made_by:
        target = host.plan(
            Declaration(bundles=(bundle(f"b{len(host.records.generations)}", default=True),), complete=True), rollout=name
        ).target
        assert target is not None
        host.records.generations[target.number] = target
    target = host.plan(NEXT, rollout=rollout).target
    assert target is not None
    assert (target.rollout, target.before_rollout) == (rollout, expected)


def test_a_host_that_is_as_declared_is_part_of_no_roll_out() -> None:
    host = Host()
    host.install(PYTHON)
    host.switch([PYTHON])
    plan = host.plan(Declaration(bundles=(PYTHON,), complete=True), rollout="a")
    assert (plan.target, plan.steps) == (None, [])


def test_the_record_of_a_run_without_a_roll_out_is_one_that_earlier_releases_read() -> None:
    target = Host("alpha-1.0", "beta-1.0").plan(SYSTEM).target
    assert target is not None
    assert not {"rollout", "before_rollout"} & dump(target).keys()
    assert {"rollout", "before_rollout"} <= dump(replace(target, rollout="a")).keys()


@pytest.mark.parametrize(("key", "value"), [("rollout", "../up"), ("rollout", "A"), ("before_rollout", 0), ("before_rollout", True)])
def test_a_record_that_names_no_roll_out_or_generation_is_damaged(key: str, value: object) -> None:
    target = Host("alpha-1.0", "beta-1.0").plan(SYSTEM, rollout="a").target
    assert target is not None
    assert record_problem("generations", dump(target)) is None
    assert key in (record_problem("generations", {**dump(target), key: value}) or "")
