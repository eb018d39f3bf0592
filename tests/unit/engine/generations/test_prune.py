# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no generation that stays needs goes, with its record first; what anybody still uses stays."""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations import prune
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations.prune import (
    Garbage,
    find_garbage,
    is_recorded,
    remove,
    remove_leftovers,
    staying_generations,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.receipts import Generation
from host_samples import Host, bundle, virtualenv, wheel
from hypothesis import given
from hypothesis import strategies as st

OLD, NEW = bundle(release="3.12.1+1"), bundle(release="3.12.1+2")


@pytest.fixture
def host() -> Host:
    """Three generations: alpha on the old bundle, then alpha and beta on the new one, then beta alone."""
    made = Host()
    made.install(OLD)
    made.install(NEW)
    first = made.build(virtualenv("one", "alpha-1.0"), OLD, "alpha-1.0")
    second = made.build(virtualenv("one", "alpha-1.0", "beta-1.0"), NEW, "alpha-1.0", "beta-1.0")
    third = made.build(virtualenv("one", "beta-1.0"), NEW, "beta-1.0")
    made.switch([OLD], [first])
    made.switch([NEW], [second])
    made.switch([NEW], [third])
    return made


@pytest.fixture
def layout(host: Host, tmp_path: Path) -> Layout:
    """The same on the disk: directories that stand for the trees."""
    layout = Layout(tmp_path)
    for kind in ("bundles", "environments", "laid"):
        layout.receipts(kind).mkdir(parents=True)
        for tree_id in getattr(host.records, kind):
            (layout.tree(kind, tree_id) / "content").mkdir(parents=True)
            layout.receipt(kind, tree_id).touch()
    layout.generation_records.mkdir()
    for number in host.records.generations:
        (layout.generations / str(number) / "bin").mkdir(parents=True)
        (layout.generation_records / f"{number}.json").touch()
    for digest in (wheel("alpha-1.0"), wheel("beta-1.0"), wheel("gamma-1.0"), OLD.sha256, NEW.sha256):
        (layout.wheels / digest).mkdir(parents=True)
    return layout


def current(host: Host) -> Generation:
    return host.records.generations[max(host.records.generations)]


@pytest.mark.parametrize(
    ("keep", "in_force", "marked", "expected"),
    [
        (1, 3, [], {3}),
        (2, 3, [], {2, 3}),
        (9, 3, [], {1, 2, 3}),
        (1, 1, [], {1, 3}),
        (1, 3, [1], {1, 3}),
        (1, None, [], {3}),
        (2, 1, [2], {1, 2, 3}),
    ],
)
def test_the_newest_the_current_and_the_marked_stay(
    host: Host, keep: int, in_force: int | None, marked: list[int], expected: set[int]
) -> None:
    for number in marked:
        host.records.generations[number] = Generation(**{**host.records.generations[number].__dict__, "pinned": True})
    generation = host.records.generations[in_force] if in_force is not None else None
    assert staying_generations(host.records, generation, keep=keep) == expected


def test_the_generation_before_a_roll_out_stays_while_the_roll_out_is_in_force(host: Host) -> None:
    records = host.records.generations
    for number in (2, 3):
        records[number] = Generation(**{**records[number].__dict__, "rollout": "packages-7", "before_rollout": 1})
    assert staying_generations(host.records, records[3], keep=1) == {1, 3}
    assert staying_generations(host.records, records[1], keep=1) == {1, 3}
    records[3] = Generation(**{**records[3].__dict__, "before_rollout": 99})
    assert staying_generations(host.records, records[3], keep=1) == {3}


def test_everything_stays_while_every_generation_does(host: Host, layout: Layout) -> None:
    garbage = find_garbage(layout, host.records, current(host), keep=3)
    assert (garbage.generations, garbage.trees) == ([], {"environments": [], "laid": [], "bundles": []})
    assert garbage.artifacts == [wheel("gamma-1.0")]


def test_what_only_pruned_generations_needed_goes(host: Host, layout: Layout) -> None:
    garbage = find_garbage(layout, host.records, current(host), keep=1)
    assert garbage.generations == [1, 2]
    assert sorted(garbage.trees["environments"]) == sorted(set(host.records.environments) - set(current(host).virtualenvs.values()))
    assert {host.records.laid[laid_id].name for laid_id in garbage.trees["laid"]} == {"alpha"}
    assert len(garbage.trees["laid"]) == 1
    assert garbage.trees["bundles"] == [OLD.id]
    assert garbage.artifacts == sorted([wheel("alpha-1.0"), wheel("gamma-1.0"), OLD.sha256])


def test_what_a_process_runs_from_stays_with_all_that_it_needs(host: Host, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    used = layout.tree("environments", host.records.generations[1].virtualenvs["one"])

    def in_use(trees: Iterable[Path]) -> set[Path]:
        return {tree for tree in trees if tree == used}

    monkeypatch.setattr(prune, "trees_in_use", in_use)
    garbage = find_garbage(layout, host.records, current(host), keep=1)
    assert garbage.generations == [1, 2]
    assert used.name not in garbage.trees["environments"]
    assert garbage.trees["bundles"] == []
    assert wheel("alpha-1.0") not in garbage.artifacts
    assert garbage.trees["laid"] == [], "an environment of another bundle shares it"


def test_a_bundle_that_a_process_runs_from_stays(host: Host, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "trees_in_use", lambda trees: {tree for tree in trees if tree.name == OLD.id})
    garbage = find_garbage(layout, host.records, current(host), keep=1)
    assert garbage.trees["bundles"] == []
    assert OLD.sha256 not in garbage.artifacts


def test_garbage_is_removed_and_nothing_else(host: Host, layout: Layout) -> None:
    garbage = find_garbage(layout, host.records, current(host), keep=1)
    remove(layout, host.records, garbage)
    assert sorted(path.name for path in layout.generations.iterdir()) == ["3"]
    assert sorted(path.name for path in layout.generation_records.iterdir()) == ["3.json"]
    assert [path.name for path in layout.bundles.iterdir()] == [NEW.id]
    assert [path.name for path in layout.environments.iterdir()] == list(current(host).virtualenvs.values())
    for kind in ("bundles", "environments", "laid"):
        trees = {path.name for path in (layout.root / kind).iterdir()}
        assert trees == {path.stem for path in layout.receipts(kind).iterdir()} == set(getattr(host.records, kind))
    assert {path.name for path in layout.wheels.iterdir()} == {wheel("beta-1.0"), NEW.sha256}
    assert not find_garbage(layout, host.records, current(host), keep=1).any()


def test_a_run_that_is_cut_off_while_it_removes_leaves_nothing_that_looks_like_a_strangers(
    host: Host, layout: Layout, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(tree: Path) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(prune, "_freed", fails)
    with pytest.raises(KeyboardInterrupt):
        remove(layout, host.records, Garbage(trees={"environments": [], "laid": [], "bundles": [OLD.id]}))
    assert not layout.receipt("bundles", OLD.id).exists()
    assert [path.name for path in layout.bundles.iterdir() if OLD.id in path.name] == [f".old-{OLD.id}"]


@pytest.mark.parametrize("stuck", ["generations", "environments", "bundles"])
def test_what_cannot_be_removed_keeps_all_that_it_consists_of(
    host: Host, layout: Layout, monkeypatch: pytest.MonkeyPatch, stuck: str
) -> None:
    rename = os.rename

    def refusing(source: Path, target: Path) -> None:
        if Path(source).parent == layout.root / stuck:
            raise PermissionError(errno.EACCES, "Permission denied", str(source))
        rename(source, target)

    garbage = find_garbage(layout, host.records, current(host), keep=1)
    old = [receipt for receipt in host.records.environments.values() if receipt.id in garbage.trees["environments"]]
    monkeypatch.setattr(os, "rename", refusing)
    warnings = remove(layout, host.records, garbage)
    assert warnings
    assert all("the next run tries again" in told for told in warnings)
    for receipt in old if stuck != "bundles" else ():
        assert receipt.id in host.records.environments
        assert all(layout.receipt("laid", laid_id).exists() and layout.tree("laid", laid_id).exists() for laid_id in receipt.laid)
        assert all((layout.wheels / wheel).exists() for wheel in receipt.wheels)
    assert layout.receipt("bundles", OLD.id).exists()
    assert (layout.wheels / OLD.sha256).exists()
    monkeypatch.undo()
    assert remove(layout, host.records, find_garbage(layout, host.records, current(host), keep=1)) == []
    assert not find_garbage(layout, host.records, current(host), keep=1).any()


def test_a_record_that_cannot_be_removed_keeps_its_tree(host: Host, layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    unlink = Path.unlink

    def refusing(path: Path, missing_ok: bool = False) -> None:
        if path.parent == layout.receipts("bundles"):
            raise PermissionError(errno.EPERM, "Operation not permitted", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", refusing)
    (warning,) = remove(layout, host.records, find_garbage(layout, host.records, current(host), keep=1))
    assert OLD.id in warning
    assert layout.tree("bundles", OLD.id).is_dir()
    assert OLD.id in host.records.bundles


def test_a_tree_that_is_gone_already_is_no_obstacle(host: Host, layout: Layout) -> None:
    (layout.tree("bundles", OLD.id) / "content").rmdir()
    layout.tree("bundles", OLD.id).rmdir()
    remove(layout, host.records, find_garbage(layout, host.records, current(host), keep=1))
    assert OLD.id not in host.records.bundles


def test_an_empty_root_has_no_garbage(tmp_path: Path) -> None:
    assert not find_garbage(Layout(tmp_path / "nowhere"), Host().records, None, keep=1).any()


def test_only_an_old_bootstrap_goes(host: Host, layout: Layout) -> None:
    for name, age in (("old", 7200), ("young", 60)):
        place = layout.root / f".bootstrap-{name}"
        place.mkdir()
        os.utime(place, (time.time() - age,) * 2)
    garbage = find_garbage(layout, host.records, current(host), keep=3)
    assert [path.name for path in garbage.bootstraps] == [".bootstrap-old"]
    remove(layout, host.records, garbage)
    assert [path.name for path in layout.root.glob(".bootstrap-*")] == [".bootstrap-young"]


def test_leftovers_go_whatever_they_are(tmp_path: Path) -> None:
    target = tmp_path / "outside"
    target.mkdir()
    (target / "precious").touch()
    tree, file, link, gone = (tmp_path / name for name in ("tree", "file", "link", "gone"))
    (tree / "deep").mkdir(parents=True)
    file.touch()
    link.symlink_to(target)
    remove_leftovers([tree, file, link, gone])
    assert [path.name for path in tmp_path.iterdir()] == ["outside"]
    assert (target / "precious").exists()


def test_a_record_is_known_by_its_kind(host: Host, layout: Layout) -> None:
    assert is_recorded(layout.tree("bundles", OLD.id), host.records)
    assert is_recorded(layout.generations / "2", host.records)
    assert not is_recorded(layout.generations / "4", host.records)
    assert not is_recorded(layout.tree("environments", OLD.id), host.records)


@given(
    st.lists(st.sets(st.sampled_from(["alpha-1.0", "beta-1.0", "gamma-1.0"])), min_size=1, max_size=5), st.integers(1, 5), st.integers(0, 4)
)
def test_a_generation_that_stays_never_loses_anything(contents: list[set[str]], keep: int, in_force: int) -> None:
    made = Host()
    made.install(OLD)
    for wheels in contents:
        made.switch([OLD], [made.build(virtualenv("one", *sorted(wheels)), OLD, *sorted(wheels))])
    generation = made.records.generations[in_force % len(contents) + 1]
    garbage = find_garbage(Layout(Path("/nowhere")), made.records, generation, keep=keep)
    for number, each in made.records.generations.items():
        if number in garbage.generations:
            assert number != generation.number
            continue
        for tree_id in each.virtualenvs.values():
            assert tree_id not in garbage.trees["environments"]
            assert not set(made.records.environments[tree_id].laid) & set(garbage.trees["laid"])
            assert made.records.environments[tree_id].bundle not in garbage.trees["bundles"]
