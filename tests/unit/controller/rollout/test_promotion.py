# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel is moved to the one release that all hosts of a roll-out have, and before the first change to what all would have."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.promotion import planned_release, promoted_release


def outcome(state: str, *, release: str = "3.12.1+2") -> dict[str, Any]:
    return {"state": state, "wave": 1, "before": 1, "after": 2, "bundles": {"python": release}, "message": ""}


def planned(release: str) -> dict[str, Any]:
    return {"bundles": {"python": "3.11.0+1"}, "declared": {"bundles": {"python": release}, "virtualenvs": {}}}


def test_the_release_that_all_hosts_have_is_promoted() -> None:
    assert promoted_release({"a": outcome("switched"), "b": outcome("unreachable", release=""), "c": None}, bundle="python") == "3.12.1+2"


@pytest.mark.parametrize(
    ("outcomes", "bundle", "there"),
    [
        ({"a": outcome("switched"), "b": outcome("switched", release="3.13.0+1")}, "python", "3.12.1\\+2, 3.13.0\\+1"),
        ({"a": outcome("switched")}, "other", "none"),
        ({"a": outcome("failed")}, "python", "none"),
        ({}, "python", "none"),
    ],
)
def test_without_one_release_no_channel_is_moved(outcomes: dict[str, Any], bundle: str, there: str) -> None:
    with pytest.raises(HermeticError, match=f"No channel was moved.*{there}; expected one and the same"):
        promoted_release(outcomes, bundle=bundle)


def test_what_hosts_are_declared_to_have_counts_before_the_roll_out() -> None:
    lost = {"unreachable": True, "msg": "timed out"}
    assert planned_release({"a": planned("3.12.1+2"), "b": planned("3.12.1+2"), "c": None, "d": lost}, bundle="python") == "3.12.1+2"
    assert planned_release({"c": None, "d": lost}, bundle="python") is None
    odd = {"failed": True, "declared": {"virtualenvs": {}}}
    assert planned_release({"a": planned("3.12.1+2"), "b": odd, "c": {"declared": {"bundles": 5}}}, bundle="python") == "3.12.1+2"
    with pytest.raises(HermeticError, match=r"2 hosts of the roll-out have these releases of bundle 'python': 3\.12\.1\+2, 3\.13\.0\+1"):
        planned_release({"a": planned("3.12.1+2"), "b": planned("3.13.0+1")}, bundle="python")
    with pytest.raises(HermeticError, match="1 host of the roll-out have these releases of bundle 'other': none"):
        planned_release({"a": planned("3.12.1+2")}, bundle="other")
