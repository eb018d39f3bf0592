# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of an earlier generation was damaged before a run, and stays so when it is in force again."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.switch_back import damaged
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import PlannedEnvironment
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.plan import Plan
from host_samples import ONE, PYTHON, TWO, host_as_declared, laid

ONE_ID, TWO_ID = ONE.id(PYTHON), TWO.id(PYTHON)


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        ({}, []),
        ({"bundles": {PYTHON.id}}, [f"bundles/{PYTHON.id}"]),
        ({"environments": {ONE_ID, "of-another"}}, [f"environments/{ONE_ID}"]),
        ({"laid": {laid("beta-1.0")}}, [f"environments/{ONE_ID}"]),
        ({"laid": {laid("alpha-1.0")}}, [f"environments/{ONE_ID}", f"environments/{TWO_ID}"]),
    ],
)
def test_damaged_is_what_is_broken_or_shares_what_is(broken: dict[str, set[str]], found: list[str]) -> None:
    observation = host_as_declared().observation(broken=broken)
    assert observation.current is not None
    assert damaged(observation.current, observation, Plan()) == found


def test_what_the_run_reinstalls_is_not_damaged_any_more() -> None:
    observation = host_as_declared().observation(broken={"bundles": {PYTHON.id}, "environments": {ONE_ID, TWO_ID}})
    again = Plan(install=[PYTHON], environments=[PlannedEnvironment(ONE_ID, ONE.key(PYTHON), ONE, PYTHON.id)])
    assert observation.current is not None
    assert damaged(observation.current, observation, again) == [f"environments/{TWO_ID}"]
