# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.environment_root import EnvironmentRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pruning import UNUSED_FOR, prune, prune_daily

ONE, TWO = "1" * 32, "2" * 32


@pytest.fixture
def layout(tmp_path: Path) -> EnvironmentRoot:
    """Return a root with two environments that share one unpacked wheel and have one each."""
    made = EnvironmentRoot(tmp_path / "root")
    made.prepare()
    for name in (ONE, TWO):
        (made.tree("environments", name) / "bin").mkdir(parents=True)
        made.receipt("environments", name).write_text(json.dumps({"key": name, "laid": {"shared": "", f"own-{name}": ""}}))
        made.enter(name * 2, name)
        (made.locks / (name * 2)).touch()
        for tree in ("shared", f"own-{name}"):
            made.tree("laid", tree).mkdir(exist_ok=True)
            made.receipt("laid", tree).write_text("{}")
    return made


def age(layout: EnvironmentRoot, name: str, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(layout.tree("environments", name), (at, at))


def test_nothing_goes_before_its_time(layout: EnvironmentRoot) -> None:
    age(layout, ONE, UNUSED_FOR - 60)
    assert prune(layout).environments == []
    assert len(list(layout.laid.iterdir())) == 3


def test_an_unused_one_goes_with_what_only_it_needed(layout: EnvironmentRoot) -> None:
    age(layout, ONE, UNUSED_FOR + 60)
    pruned = prune(layout)
    assert (pruned.environments, pruned.warnings) == ([ONE], [])
    assert os.listdir(layout.environments) == [TWO]
    assert sorted(os.listdir(layout.laid)) == [f"own-{TWO}", "shared"]
    assert sorted(os.listdir(layout.receipts("laid"))) == [f"own-{TWO}.json", "shared.json"]
    assert os.listdir(layout.entries) == [TWO * 2]
    assert [name for name in os.listdir(layout.locks) if len(name) == 64] == [TWO * 2]


@pytest.mark.parametrize("part", [".", "laid", "by-spec", "locks", "fetched", "state/receipts/laid"])
def test_nothing_goes_from_what_others_may_change(layout: EnvironmentRoot, part: str) -> None:
    age(layout, ONE, UNUSED_FOR + 60)
    (layout.root / part).chmod(0o777)
    with pytest.raises(BrokenRoot, match="is not this user's alone"):
        prune(layout)
    assert sorted(os.listdir(layout.environments)) == [ONE, TWO]


def test_nothing_goes_from_the_root_of_a_host(layout: EnvironmentRoot) -> None:
    (layout.root / "generations").mkdir()
    before = sorted(layout.root.rglob("*"))
    with pytest.raises(BrokenRoot, match="is the root of a host"):
        prune(layout)
    assert sorted(layout.root.rglob("*")) == before


def test_while_one_is_being_made_nothing_is_unneeded(layout: EnvironmentRoot) -> None:
    layout.receipt("environments", TWO).unlink()
    age(layout, ONE, UNUSED_FOR + 60)
    assert prune(layout).environments == [ONE]
    assert len(list(layout.laid.iterdir())) == 3


def test_what_makers_left_that_were_ended_goes(layout: EnvironmentRoot) -> None:
    left = [layout.root / "fetched" / ONE, layout.environments / f".new-{ONE}", layout.laid / ".old-shared"]
    for path in left:
        (path / "below").mkdir(parents=True)
    with layout.making(ONE):
        prune(layout)
        assert left[0].is_dir()
    prune(layout)
    assert not any(path.exists() for path in left)


def test_what_has_another_name_stays(layout: EnvironmentRoot) -> None:
    (layout.environments / "mine").mkdir()
    os.utime(layout.environments / "mine", (0, 0))
    assert prune(layout).environments == []
    assert (layout.environments / "mine").is_dir()


def test_what_somebody_makes_at_this_moment_stays(layout: EnvironmentRoot) -> None:
    age(layout, ONE, UNUSED_FOR + 60)
    with layout.making(ONE):
        assert prune(layout).environments == []
    with layout.changing_shared():
        assert prune(layout).environments == [ONE]
        assert len(list(layout.laid.iterdir())) == 3


def test_once_a_day_is_enough(layout: EnvironmentRoot) -> None:
    assert prune_daily(layout).environments == []
    age(layout, ONE, UNUSED_FOR + 60)
    assert prune_daily(layout).environments == []
    record = layout.state / "pruned.json"
    at = time.time() - 25 * 3600
    os.utime(record, (at, at))
    assert prune_daily(layout).environments == [ONE]
    # A record of the future is none.
    age(layout, TWO, UNUSED_FOR + 60)
    os.utime(record, (time.time() + 10**6, time.time() + 10**6))
    assert prune_daily(layout).environments == [TWO]


def test_a_root_that_is_not_there_is_left_alone(tmp_path: Path) -> None:
    assert prune(EnvironmentRoot(tmp_path / "none")).environments == []
    assert not (tmp_path / "none").exists()
