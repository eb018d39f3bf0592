# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What signers are shown of a change of an index: whatever differs has a step that names it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.index_difference import draft_changes
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.metadata_signing import Draft

ARCHIVE = {"path": "bundles/python/1/a.tar.gz", "sha256": "1" * 64, "size": 1, "hermetic": "launcher"}
INDEX: dict[str, Any] = {
    "format": 1,
    "serial": 4,
    "generated": "2026-11-26T08:00:00Z",
    "bundles": {"python": {"channels": {"stable": "1"}, "releases": {"1": {"platforms": {"linux-x86_64": ARCHIVE}}}, "rollouts": {}}},
    "wheels": {"2" * 64: {"path": f"wheels/{'2' * 64}/a-1-py3-none-any.whl", "size": 1}},
    "prebuilt": {"2" * 64: {"3" * 64: {"path": "prebuilt/x", "sha256": "4" * 64}}},
    "files": {"fleet": {"path": "files/fleet/x", "sha256": "5" * 64, "size": 1}},
}


def steps(change: Callable[[dict[str, Any]], object]) -> list[tuple[str, str]]:
    after = copy.deepcopy(INDEX)
    change(after)
    return [(step.action, step.subject) for step in draft_changes(Draft(), None, INDEX, after)]


def bundle(index: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = index["bundles"]["python"]
    return found


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda index: index.update(serial=5, generated="later"), []),
        (lambda index: bundle(index)["channels"].update(canary="1"), [("move_channel", "bundle:python")]),
        (lambda index: bundle(index)["channels"].clear(), [("move_channel", "bundle:python")]),
        (lambda index: bundle(index)["releases"]["1"]["platforms"].update(x={"sha256": "0"}), [("publish", "bundle:python 1 x")]),
        (lambda index: bundle(index)["releases"].clear(), [("remove_release", "bundle:python 1 linux-x86_64")]),
        (
            lambda index: bundle(index)["releases"]["1"]["platforms"]["linux-x86_64"].update(hermetic="pth"),
            [("describe", "bundle:python 1 linux-x86_64")],
        ),
        (
            lambda index: bundle(index)["releases"]["1"]["platforms"]["linux-x86_64"].update(sha256="9"),
            [("publish", "bundle:python 1 linux-x86_64")],
        ),
        (lambda index: bundle(index)["rollouts"].update(october={"state": "halted"}), [("record_rollout", "bundle:python")]),
        (lambda index: bundle(index)["releases"]["1"].update(unheard_of=1), [("describe", "bundle:python 1")]),
        (lambda index: bundle(index).update(unheard_of=1), [("describe", "bundle:python")]),
        (lambda index: index["wheels"].clear(), [("remove_wheel", f"wheel:{'2' * 64}/a-1-py3-none-any.whl")]),
        (lambda index: index["wheels"]["2" * 64].update(size=2), [("describe", f"wheel:{'2' * 64}/a-1-py3-none-any.whl")]),
        (lambda index: index["prebuilt"].clear(), [("remove_prebuilt", f"prebuilt:{'2' * 64} {'3' * 64}")]),
        (lambda index: index["files"]["fleet"].update(sha256="6"), [("publish_file", "file:fleet")]),
        (lambda index: index.pop("files"), [("remove_file", "file:fleet")]),
        (lambda index: index.update(unheard_of=1), [("describe", "index")]),
    ],
)
def test_every_difference_has_a_step(change: Callable[[dict[str, Any]], object], expected: list[tuple[str, str]]) -> None:
    assert steps(change) == expected


def test_signers_see_to_which_release_a_roll_out_moves_hosts() -> None:
    staged = {"state": "running", "since": "2026-11-26T21:00:00Z", "percent": 100, "channel": "stable", "release": "1", "before": "2"}
    after = copy.deepcopy(INDEX)
    bundle(after)["rollouts"]["october"] = staged
    (step,) = draft_changes(Draft(), None, INDEX, after)
    assert step.reason == (
        "roll-out october: none -> running, 100 % of the hosts of channel stable take 1, and 2 again after a halt; its since change"
    )
    halted = copy.deepcopy(after)
    bundle(halted)["rollouts"]["october"] = {"state": "halted", "since": "2026-11-26T21:00:00Z", "reason": "slow"}
    (step,) = draft_changes(Draft(), None, after, halted)
    assert step.reason.endswith("again after a halt -> halted; its reason change")
