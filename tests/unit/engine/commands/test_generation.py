# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Going back is one switch, to a generation that was found whole; what is pinned stays, and the rest is pruned."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows switches those of Windows")


@pytest.fixture
def switched(root: SampleRoot) -> SampleRoot:
    """Return a root with three generations: two environments, one, none."""
    for name in ("two", "one"):
        root.virtualenvs.pop(name)
        root.converge()
    return root


def act(root: SampleRoot, action: str, **parts: Any) -> dict[str, Any]:
    options = {"keep_generations": parts.pop("keep", 3)}
    check = parts.pop("check", False)
    return root.run("generation", generation={"action": action, **parts}, check=check, options=options)


def in_force(root: SampleRoot) -> str:
    return os.readlink(root.layout.current)


@pytest.mark.parametrize("number", [2, "previous"])
def test_going_back_is_a_switch_that_says_what_it_changes(switched: SampleRoot, number: object) -> None:
    result = act(switched, "activate", number=number)
    assert result["generation"] == {"before": 3, "after": 2}
    assert in_force(switched) == "generations/2"
    assert "one" in result["diff"]["after"]
    assert "one" not in result["diff"]["before"]
    again = act(switched, "activate", number=2)
    assert not again["changed"]


def test_check_mode_switches_nothing(switched: SampleRoot) -> None:
    assert act(switched, "activate", number=1, check=True)["changed"]
    assert in_force(switched) == "generations/3"


def test_a_damaged_generation_is_not_activated(switched: SampleRoot) -> None:
    damaged = next(switched.layout.environments.glob("two-*"))
    (damaged / "bin" / "stray").touch()
    result = act(switched, "activate", number=1)
    assert result["failed"]
    assert "cannot be activated" in result["msg"]
    assert any("stray" in problem for problem in result["errors"])
    assert in_force(switched) == "generations/3"
    assert not act(switched, "activate", number=2).get("failed")


def test_links_of_the_generation_in_force_are_restored(switched: SampleRoot) -> None:
    (switched.layout.root / "bin").unlink()
    result = act(switched, "activate", number=3)
    assert [step["action"] for step in result["plan"]] == ["restore_links"]
    assert (switched.layout.root / "bin").is_symlink()


@pytest.mark.parametrize(("number", "words"), [(9, "there are: 1, 2, 3"), (0, "generation"), ("next", "generation")])
def test_a_generation_that_is_not_there_is_refused(switched: SampleRoot, number: object, words: str) -> None:
    result = act(switched, "activate", number=number)
    assert result["failed"]
    assert words in str(result)
    assert in_force(switched) == "generations/3"


def test_nothing_comes_before_the_first(switched: SampleRoot) -> None:
    act(switched, "activate", number=1)
    result = act(switched, "activate", number="previous")
    assert result["failed"]
    assert "nothing to go back to" in result["msg"]


def test_a_pin_is_set_and_taken_away_once(switched: SampleRoot) -> None:
    record = switched.layout.generation_records / "1.json"
    assert act(switched, "pin", number=1)["changed"]
    assert json.loads(record.read_text())["pinned"] is True
    assert not act(switched, "pin", number=1)["changed"]
    assert act(switched, "unpin", number=1, check=True)["changed"]
    assert json.loads(record.read_text())["pinned"] is True
    assert act(switched, "unpin", number=1)["changed"]
    assert not act(switched, "unpin", number=1)["changed"]
    assert json.loads(record.read_text())["pinned"] is False


def test_what_only_old_generations_need_is_pruned(switched: SampleRoot) -> None:
    planned = act(switched, "prune", keep=1, check=True)
    assert planned["changed"]
    assert planned["bytes"] > 0
    assert len(list(switched.layout.environments.iterdir())) == 2
    done = act(switched, "prune", keep=1)
    assert done["bytes"] == planned["bytes"]
    assert list(switched.layout.environments.iterdir()) == []
    assert [path.name for path in switched.layout.generations.iterdir()] == ["3"]
    assert not act(switched, "prune", keep=1)["changed"]
    assert switched.findings("deep") == []


def test_what_is_pinned_outlives_the_others(switched: SampleRoot) -> None:
    act(switched, "pin", number=1)
    act(switched, "prune", keep=1)
    assert sorted(path.name for path in switched.layout.generations.iterdir()) == ["1", "3"]
    assert switched.observe(at=1).findings == []
