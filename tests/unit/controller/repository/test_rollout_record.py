# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of roll-outs are read by a strict grammar: whoever writes an index decides nothing that they do not say."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index_document import index_problems

GOOD: dict[str, Any] = {
    "state": "running",
    "since": "2026-11-26T21:00:00Z",
    "reason": "",
    "runs": 2,
    "done": ["0123456789ab"],
    "channel": "stable",
    "release": "3.12.1+2",
    "percent": 10,
    "before": "3.12.1+1",
}


def problems(rollouts: Any) -> list[str]:
    bundles = {"python": {"channels": {}, "releases": {}, "rollouts": rollouts}}
    return index_problems({"format": 1, "serial": 1, "bundles": bundles, "wheels": {}})


def test_a_record_says_no_more_than_its_state_and_time() -> None:
    assert problems({}) == []
    assert problems({"october": {"state": "halted", "since": GOOD["since"]}, "november-2": GOOD}) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"state": "stopped"}, "its state is 'stopped'; expected one of running, halted, completed"),
        ({"state": []}, "its state is a list"),
        ({"since": 7}, "since is 7; expected a time"),
        ({"since": "2026-11-26"}, "since is '2026-11-26'"),
        ({"since": "9999-99-99T99:99:99Z"}, "since is '9999-99-99T99:99:99Z'; there is no such time; expected a time"),
        ({"since": "2026-02-30T00:00:00Z"}, "since is '2026-02-30T00:00:00Z'; there is no such time"),
        ({"since": "0000-01-01T00:00:00Z"}, "since is '0000-01-01T00:00:00Z'; there is no such time"),
        ({"reason": 7}, "its reason is 7"),
        ({"reason": "x" * 501}, "its reason is"),
        ({"runs": 0}, "its number of runs is 0"),
        ({"runs": True}, "its number of runs is True"),
        ({"done": "0123456789ab"}, "its list of runs that are done is '0123456789ab'"),
        ({"done": [7]}, "its list of runs"),
        ({"release": "../x"}, "its release is '../x'"),
        ({"before": None}, "its before is None"),
        ({"channel": 7}, "its channel is 7"),
        ({"percent": 0}, "its percentage is 0; expected 1 to 100"),
        ({"percent": 101}, "its percentage is 101"),
        ({"percent": "10"}, "its percentage is '10'"),
    ],
)
def test_what_is_no_record_is_a_problem_of_the_index(change: dict[str, Any], problem: str) -> None:
    (found,) = problems({"october": {**GOOD, **change}})
    assert found.startswith(f"roll-out october of python: {problem}")


@pytest.mark.parametrize("rollouts", [[], "october", {"October": GOOD}, {"../x": GOOD}, {"october": None}])
def test_what_are_no_records_is_a_problem_of_the_index(rollouts: Any) -> None:
    assert problems(rollouts)
