# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs that share a roll-out record of it: a halt counts for all, and the last that is done moves the channel."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.plan import ChannelMove, Plan, Update, plan_update
from ansible_collections.hermetic.python.plugins.plugin_utils.publishing.rollout_change import RolloutChange, rollout_change
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.index import load_index
from metadata_samples import Published
from repository_samples import keys, publish, task

FIRST, SECOND = "3.12.1+1", "3.12.1+2"
NOW = datetime(2026, 11, 26, 21, tzinfo=UTC)
A, B = "a" * 12, "b" * 12
ROLES = ("root", "targets", "snapshot", "timestamp")


def index(**records: Any) -> dict[str, Any]:
    bundle = {"channels": {"stable": FIRST}, "releases": {FIRST: {"platforms": {}}, SECOND: {"platforms": {}}}}
    return {"format": 1, "serial": 1, "bundles": {"python": {**bundle, **({"rollouts": records} if records else {})}}, "wheels": {}}


def change(state: str, *, minutes: int = 0, **given: Any) -> RolloutChange:
    return RolloutChange("python", given.pop("name", "october"), state, NOW + timedelta(minutes=minutes), **given)


def after(current: dict[str, Any], each: RolloutChange, *, channels: tuple[ChannelMove, ...] = ()) -> Plan:
    return plan_update(current, Update(rollout=each, channels=channels), present=lambda _path, _size: True)


def record(current: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = current["bundles"]["python"]["rollouts"]["october"]
    return found


def test_a_roll_out_runs_and_is_halted_once() -> None:
    begun = after(index(), change("running", run=A))
    assert record(begun.index) == {"state": "running", "since": "2026-11-26T21:00:00Z"}
    assert [each.as_dict() for each in begun.changes] == [
        {"action": "record_rollout", "subject": "bundle:python", "reason": "roll-out october: none -> running"}
    ]
    assert after(begun.index, change("running", minutes=1, run=A)).changes == ()
    halted = after(begun.index, change("halted", minutes=2, reason="Wave 1: one is bad"))
    assert record(halted.index) == {"state": "halted", "since": "2026-11-26T21:02:00Z", "reason": "Wave 1: one is bad"}
    # Who comes second adds nothing: people look for the first reason.
    assert after(halted.index, change("halted", minutes=3, reason="Wave 7")).changes == ()


@pytest.mark.parametrize("state", ["running", "completed"])
def test_what_is_halted_goes_on_only_where_that_halt_is_resumed(state: str) -> None:
    halted = after(index(), change("halted", reason="Wave 1: one is bad")).index
    for resume in (None, "2026-11-26T20:59:00Z"):
        with pytest.raises(HermeticError) as caught:
            after(halted, change(state, minutes=5, run=A, resume=resume), channels=(ChannelMove("python", "stable", SECOND),))
        (problem,) = caught.value.problems
        assert "roll-out october is halted since 2026-11-26T21:00:00Z. Wave 1: one is bad" in problem
        assert "rollout_resume=2026-11-26T21:00:00Z" in problem
    resumed = after(halted, change("running", minutes=5, resume="2026-11-26T21:00:00Z")).index
    assert record(resumed) == {"state": "running", "since": "2026-11-26T21:05:00Z"}
    # A second run that was told of the first halt does not end the next one.
    again = after(resumed, change("halted", minutes=6, reason="Wave 2")).index
    with pytest.raises(HermeticError):
        after(again, change("running", minutes=7, resume="2026-11-26T21:00:00Z"))


def test_the_last_of_the_runs_completes_it_and_moves_the_channel() -> None:
    move = (ChannelMove("python", "stable", SECOND),)
    begun = after(index(), change("running", run=A, runs=2)).index
    one = after(begun, change("completed", minutes=1, run=A, runs=2), channels=move)
    assert record(one.index) == {"state": "running", "since": "2026-11-26T21:00:00Z", "runs": 2, "done": [A]}
    assert one.index["bundles"]["python"]["channels"]["stable"] == FIRST
    assert after(one.index, change("completed", minutes=2, run=A, runs=2), channels=move).changes == ()
    both = after(one.index, change("completed", minutes=3, run=B, runs=2), channels=move)
    assert record(both.index) == {"state": "completed", "since": "2026-11-26T21:03:00Z", "runs": 2, "done": [A, B]}
    assert both.index["bundles"]["python"]["channels"]["stable"] == SECOND
    assert [each.action for each in both.changes] == ["record_rollout", "move_channel"]
    # One that begins again is not done, and neither is the whole.
    again = after(both.index, change("running", minutes=4, run=B, runs=2)).index
    assert (record(again)["state"], record(again)["done"]) == ("running", [A])
    # Whoever is done before a halt begins again when it is resumed.
    halted = after(again, change("halted", minutes=5, reason="down")).index
    resumed = after(halted, change("running", minutes=6, run=A, runs=2, resume="2026-11-26T21:05:00Z")).index
    assert "done" not in record(resumed)


def test_one_run_alone_completes_its_roll_out() -> None:
    assert record(after(index(), change("completed")).index)["state"] == "completed"
    assert record(after(index(), change("completed", run=A)).index) == {
        "state": "completed",
        "since": "2026-11-26T21:00:00Z",
        "done": [A],
    }


def staged(state: str = "running", *, minutes: int = 0, **given: Any) -> RolloutChange:
    begun = {"percent": 10, "channel": "stable", "release": SECOND} if state == "running" else {}
    return change(state, minutes=minutes, **{**begun, **given})


def test_a_staged_roll_out_grows_and_moves_its_channel_at_the_end() -> None:
    begun = after(index(), staged())
    entry = {"channel": "stable", "release": SECOND, "percent": 10, "before": FIRST}
    assert record(begun.index) == {"state": "running", "since": "2026-11-26T21:00:00Z", **entry}
    assert begun.index["bundles"]["python"]["channels"]["stable"] == FIRST
    assert begun.changes[0].reason == "roll-out october: none -> running, 10 %"
    grown = after(begun.index, staged(minutes=5, percent=50, channel=None, release=None)).index
    # How long a stage is watched begins with the stage.
    assert record(grown) == {"state": "running", "since": "2026-11-26T21:05:00Z", **entry, "percent": 50}
    assert after(grown, staged(minutes=6, percent=50)).changes == ()
    done = after(grown, staged("completed", minutes=7))
    assert (record(done.index)["state"], done.index["bundles"]["python"]["channels"]["stable"]) == ("completed", SECOND)
    assert after(done.index, staged("completed", minutes=8)).changes == ()
    # Where it is halted after its end, the channel goes back with it.
    back = after(done.index, staged("halted", minutes=9, reason="slow"))
    assert (record(back.index)["state"], back.index["bundles"]["python"]["channels"]["stable"]) == ("halted", FIRST)


def test_a_halt_moves_no_channel_that_somebody_moved() -> None:
    done = after(after(index(), staged()).index, staged("completed", minutes=1)).index
    done["bundles"]["python"]["releases"]["3.12.1+3"] = {"platforms": {}}
    done["bundles"]["python"]["channels"]["stable"] = "3.12.1+3"
    back = after(done, staged("halted", minutes=2))
    assert back.index["bundles"]["python"]["channels"]["stable"] == "3.12.1+3"
    halted = after(after(index(), staged()).index, staged("halted", minutes=1))
    assert halted.index["bundles"]["python"]["channels"]["stable"] == FIRST


def test_a_halted_roll_out_is_resumed_with_its_stage() -> None:
    halted = after(after(index(), staged()).index, staged("halted", minutes=1, reason="down")).index
    assert record(halted)["percent"] == 10
    resumed = after(halted, staged(minutes=2, percent=1, resume="2026-11-26T21:01:00Z")).index
    assert record(resumed) == {
        "state": "running",
        "since": "2026-11-26T21:02:00Z",
        "channel": "stable",
        "release": SECOND,
        "percent": 1,
        "before": FIRST,
    }


@pytest.mark.parametrize(
    ("current", "given", "problem"),
    [
        (index(), staged(channel=None), "give the release, and the channel"),
        (index(), staged(channel="nowhere"), "has no channel 'nowhere'"),
        (index(), staged(release="3.12.9+9"), "has no release '3.12.9+9'; releases: 3.12.1+2, 3.12.1+1"),
        (after(index(), staged()).index, staged(release=FIRST), "has the release 3.12.1+2, and this task gives 3.12.1+1"),
        (after(index(), staged()).index, staged(channel="canary"), "has the channel stable, and this task gives canary"),
        (after(index(), change("running")).index, staged(), "is running without a percentage"),
        # Two steps that were decided at the same time: the later one is of what was read before the earlier one.
        (
            after(index(), staged(percent=50)).index,
            staged(percent=10),
            "reaches 50 % of the hosts since 2026-11-26T21:00:00Z, and this task gives 10 %",
        ),
        (
            after(after(index(), staged(percent=100)).index, staged("completed")).index,
            staged(percent=100, channel=None, release=None),
            "is completed since 2026-11-26T21:00:00Z; begin another one with a new name",
        ),
    ],
)
def test_what_cannot_be_staged_is_refused(current: dict[str, Any], given: RolloutChange, problem: str) -> None:
    with pytest.raises(HermeticError) as caught:
        after(current, given)
    assert problem in caught.value.problems[0]


def test_releases_of_a_staged_roll_out_are_not_pruned() -> None:
    begun = after(index(), staged()).index
    begun["bundles"]["python"]["channels"] = {}
    kept = plan_update(begun, Update(keep=0), present=lambda _path, _size: True)
    assert sorted(kept.index["bundles"]["python"]["releases"]) == [FIRST, SECOND]
    over = after(begun, staged("halted", minutes=1)).index
    assert plan_update(over, Update(keep=0), present=lambda _path, _size: True).index["bundles"]["python"]["releases"] == {}


def test_a_channel_beside_a_roll_out_that_does_not_move_it_is_refused(tmp_path: Path) -> None:
    for option in ({"state": "running"}, {"state": "halted"}, {}):
        with pytest.raises(HermeticError) as caught:
            task(tmp_path, channel="stable", release=FIRST, rollout={"name": "october", **option})
        assert "neither is completed, which moves it, nor has a percentage" in caught.value.problems[0]


def test_records_of_what_is_over_go_after_a_while() -> None:
    records = {
        "old": {"state": "completed", "since": "2026-08-01T00:00:00Z"},
        "older": {"state": "halted", "since": "2026-01-01T00:00:00Z", "reason": "down"},
        "endless": {"state": "running", "since": "2026-01-01T00:00:00Z"},
        "recent": {"state": "completed", "since": "2026-10-01T00:00:00Z"},
    }
    planned = after(index(**records), change("running"))
    assert sorted(planned.index["bundles"]["python"]["rollouts"]) == ["endless", "october", "recent"]
    assert [each.action for each in planned.changes] == ["record_rollout", "remove_rollout", "remove_rollout"]


@pytest.mark.parametrize(
    ("option", "problem"),
    [
        ({"name": "../x"}, "rollout.name is '../x'"),
        ({"name": "october", "run": "A"}, "rollout.run is 'A'; expected 12 hexadecimal digits"),
        ({"name": "october", "runs": 0}, "rollout.runs is 0"),
        ({"name": "october", "runs": 2}, "rollout.runs is given without rollout.run"),
        ({"name": "october", "percent": 0}, "rollout.percent is 0"),
        ({"name": "october", "percent": 101}, "rollout.percent is 101"),
        ({"name": "october", "percent": 10, "state": "halted"}, "rollout.percent is given without rollout.state running"),
    ],
)
def test_what_cannot_be_recorded_is_refused(option: dict[str, Any], problem: str) -> None:
    with pytest.raises(HermeticError) as caught:
        rollout_change({"state": "running", **option}, bundle="python", moment=NOW)
    assert problem in caught.value.problems[0]


def test_a_bundle_that_is_not_there_has_no_roll_outs() -> None:
    with pytest.raises(HermeticError) as caught:
        plan_update(index(), Update(rollout=RolloutChange("other", "october", "running", NOW)), present=lambda _path, _size: True)
    assert caught.value.problems == ["bundle 'other' is not in the repository; bundles: python"]


def test_a_reason_is_bounded_and_controls_no_terminal() -> None:
    made = rollout_change({"name": "october", "state": "halted", "reason": "\x1b[2J" + "x" * 900}, bundle="python", moment=NOW)
    assert made is not None and len(made.reason) == 500 and "\x1b" not in made.reason


def test_records_are_signed_and_read_like_everything_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    private, public = keys(tmp_path)
    repository = publish(tmp_path, key=private)
    option = {"name": "october", "state": "halted", "reason": "Wave 1: one is bad"}
    with pytest.raises(HermeticError, match="is signed and would change"):
        task(tmp_path, rollout=option)
    before = (repository / "index.json").read_bytes()
    assert task(tmp_path, check=True, private_key=private, rollout=option)["rollout"]["state"] == "halted"
    assert (repository / "index.json").read_bytes() == before
    done = task(tmp_path, private_key=private, rollout=option)
    assert done["rollout"]["reason"] == "Wave 1: one is bad"
    assert "bundle python: roll-out october is halted since" in done["diff"]["after"]
    assert task(tmp_path, private_key=private, rollout={"name": "october"})["rollout"] == done["rollout"]
    assert task(tmp_path, private_key=private, rollout={"name": "other"}) | {"serial": 0} == {
        **task(tmp_path, private_key=private),
        "rollout": {},
        "serial": 0,
    }
    found = load_index(str(repository), public_key=public).content
    assert found["bundles"]["python"]["rollouts"] == {"october": done["rollout"]}
    assert json.loads((repository / "index.json").read_bytes())["format"] == 1


def test_what_must_be_seen_at_once_cannot_wait_for_signatures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    published = Published(tmp_path)
    published.options = {}
    for check in (True, False):
        with pytest.raises(HermeticError) as raised:
            task(tmp_path, check=check, pending=True, rollout={"name": "october", "state": "halted", "reason": "down"})
        assert "rollout is given with pending" in "".join(raised.value.problems)
