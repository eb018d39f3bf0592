# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roll-out is taken back by its name, to what each host had before it, and only where the roll-out is what the host has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from play_fleet import Fleet
from plays import Played
from wheelhouse import Wheel

NAME = "packages-7"


@pytest.fixture
def root(tmp_path: Path, fleet: Fleet, wheels: dict[str, Wheel]) -> Path:
    """Return a root that had ``one`` with beta 1.0 before the roll-out, which switched it twice, to beta 2.0 and to gamma."""
    path = tmp_path / "root"
    for name, second in ((None, "beta-1.0"), (NAME, "beta-2.0"), (NAME, "gamma-1.0")):
        converged = converge(fleet, path, wheels, second, name)
        assert converged.code == 0, converged.output
    return path


def converge(fleet: Fleet, root: Path, wheels: dict[str, Wheel], second: str, rollout: str | None) -> Played:
    one = {"name": "one", "lock": fleet.lock("one", wheels["alpha-1.0"], wheels[second])}
    named = {"rollout": rollout} if rollout is not None else {}
    return fleet.module("system", **fleet.options(root=str(root), virtualenvs=[one], keep_generations=1, **named))


def take_back(fleet: Fleet, root: Path, *arguments: str, name: str = NAME) -> Played:
    return fleet.module("generation", *arguments, root=str(root), rollout=name)


def test_a_roll_out_is_taken_back_to_what_was_before_it(fleet: Fleet, root: Path) -> None:
    info = fleet.module("system_info", root=str(root)).last["info"]
    # Only one generation is kept, and the one that the roll-out found beside it.
    assert [(each["number"], each["previous"], each["rollout"]) for each in info["generations"]] == [(1, None, None), (3, 2, NAME)]
    assert take_back(fleet, root, name="packages-8").last["changed"] is False


def test_the_record_between_may_be_pruned(fleet: Fleet, root: Path) -> None:
    planned, done, again = take_back(fleet, root, "--check"), take_back(fleet, root), take_back(fleet, root)
    for played in (planned, done):
        assert played.code == 0, played.output
        assert played.last["generation"] == {"before": 3, "after": 1}
        assert played.last["changed_virtualenvs"]["one"]["packages"] == {
            "beta": {"before": None, "after": "1.0"},
            "gamma": {"before": "1.0", "after": None},
        }
    assert (again.last["changed"], again.last["generation"]) == (False, {"before": 1, "after": 1})
    assert again.last["msg"] == f"Nothing to do: roll-out {NAME} left nothing to take back here."


def test_what_was_done_since_is_left_alone(fleet: Fleet, root: Path, wheels: dict[str, Wheel]) -> None:
    assert converge(fleet, root, wheels, "beta-2.0", None).code == 0
    assert take_back(fleet, root).last["generation"] == {"before": 4, "after": 4}


def test_a_host_that_had_nothing_keeps_what_it_got(fleet: Fleet, tmp_path: Path, wheels: dict[str, Wheel]) -> None:
    root = tmp_path / "first"
    nothing = take_back(fleet, root)
    assert (nothing.code, nothing.last["changed"]) == (0, False), nothing.output
    assert not root.exists()
    assert converge(fleet, root, wheels, "beta-1.0", NAME).code == 0
    kept = take_back(fleet, root)
    assert (kept.code, kept.last["changed"]) == (0, False), kept.output
    assert "installed the first generation" in kept.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rollout": "Packages 7"}, "The roll-out is 'Packages 7'"),
        ({"rollout": NAME, "state": "pinned"}, "a roll-out can only be taken back"),
        ({"rollout": NAME, "number": "3"}, "mutually exclusive"),
    ],
)
def test_what_cannot_be_meant_is_refused(fleet: Fleet, tmp_path: Path, options: dict[str, Any], message: str) -> None:
    refused = fleet.module("generation", root=str(tmp_path / "root"), **options)
    assert refused.code == 2
    assert message in refused.last["msg"]
