# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root of an earlier release: the first converge takes over what was unpacked there, without a second copy and without a change."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import tree_files
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import takeover
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import transaction_marker
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from ansible_collections.hermetic.python.tests.integration.wheelhouse import make_wheel
from earlier_release import as_earlier_release_left_it
from root_samples import SampleRoot, make_bundle_archive


def inodes(tree: Path) -> dict[str, int]:
    """Return the number of each file of a tree."""
    return {str(path.relative_to(tree)): path.stat().st_ino for path in tree.rglob("*") if path.is_file()}


def test_it_is_taken_over_without_a_copy_and_without_a_change(root: SampleRoot) -> None:
    names = as_earlier_release_left_it(root.layout.root)
    before = {name: inodes(root.layout.tree("laid", earlier)) for name, earlier in names.items()}
    links = {name: {path.stat().st_nlink for path in root.layout.tree("laid", earlier).rglob("*.py")} for name, earlier in names.items()}
    assert root.findings("deep") == []
    result = root.converge()
    assert (result["changed"], result["plan"], result["findings"]) == (False, [], [])
    assert sorted(os.listdir(root.layout.laid)) == sorted(names)
    assert {name: inodes(root.layout.tree("laid", name)) for name in names} == before
    assert {name: {path.stat().st_nlink for path in root.layout.tree("laid", name).rglob("*.py")} for name in names} == links
    assert root.findings("quick") == root.findings("deep") == []
    assert {each.bundle for each in load_records(root.layout).laid.values()} == {None}
    assert "manifests" not in root.converge(), "it is done once"


def test_the_controller_learns_what_each_was(root: SampleRoot) -> None:
    names = as_earlier_release_left_it(root.layout.root)
    made = root.converge()["manifests"]
    assert set(made) == {f"laid/{name}" for name in names}
    assert {tree: list(entry["was"]) for tree, entry in made.items()} == {f"laid/{name}": [f"laid/{old}"] for name, old in names.items()}


def test_to_look_takes_nothing_over(root: SampleRoot) -> None:
    names = as_earlier_release_left_it(root.layout.root)
    assert root.converge(check=True)["plan"] == []
    root.run("drift")
    assert sorted(os.listdir(root.layout.laid)) == sorted(names.values())


def test_the_trees_of_two_bundles_become_one(root: SampleRoot, tmp_path: Path) -> None:
    root.bundles = [make_bundle_archive(tmp_path / "patched", "3.12.1+2")]
    root.converge()
    names = as_earlier_release_left_it(root.layout.root)
    assert len(os.listdir(root.layout.laid)) == 2 * len(names)
    assert root.converge()["changed"] is False
    assert sorted(os.listdir(root.layout.laid)) == sorted(names)
    assert root.findings("deep") == []
    assert root.run("generation", generation={"action": "activate", "number": "previous"}, declaration={})["changed"] is True
    assert root.findings("deep") == []


def test_a_patch_release_unpacks_nothing(root: SampleRoot, tmp_path: Path) -> None:
    as_earlier_release_left_it(root.layout.root)
    root.bundles = [make_bundle_archive(tmp_path / "patched", "3.12.1+2")]
    for wheels in root.virtualenvs.values():
        for wheel in wheels:
            wheel.path.unlink(missing_ok=True)
    before = {path.name: inodes(path) for path in root.layout.laid.iterdir()}
    root.converge()
    after = {path.name: inodes(path) for path in root.layout.laid.iterdir()}
    assert sorted(map(str, after.values())) == sorted(map(str, before.values()))


def test_a_wheel_with_data_is_unpacked_again_when_it_is_needed(root: SampleRoot, tmp_path: Path) -> None:
    """Its RECORD has a line more than it would have today."""
    gamma = make_wheel(tmp_path / "wheels", "gamma", files={"gamma-1.0.data/data/share/gamma.txt": "g"})
    root.virtualenvs["three"] = (gamma,)
    root.converge()
    names = as_earlier_release_left_it(root.layout.root)
    now = next(name for name in names if name.startswith(gamma.sha256[:16]))
    assert root.converge()["changed"] is False
    assert sorted(os.listdir(root.layout.laid)) == sorted([*(set(names) - {now}), names[now]])
    root.virtualenvs["four"] = (gamma,)
    root.converge()
    assert {now, names[now]} <= set(os.listdir(root.layout.laid))
    assert root.findings("deep") == []


def test_a_damaged_tree_is_left_and_repaired(root: SampleRoot) -> None:
    names = as_earlier_release_left_it(root.layout.root)
    victim = root.layout.tree("laid", min(names.values()))
    next(victim.rglob("__init__.py")).unlink()
    result = root.converge()
    assert result["changed"] is True
    assert root.findings("deep") == []
    assert root.converge()["changed"] is False
    assert not set(os.listdir(root.layout.laid)) & set(names.values())


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_what_is_in_the_way_leaves_all_as_it_was(root: SampleRoot, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    names = as_earlier_release_left_it(root.layout.root)

    def refuse(source: str, target: str, _mode: int) -> bool:
        raise OSError(number, os.strerror(number), target)

    monkeypatch.setattr(takeover, "hard_link", refuse)
    result = root.converge()
    assert (result["changed"], len(result["warnings"])) == (False, 1)
    assert "stays as it is" in result["warnings"][0]
    assert sorted(os.listdir(root.layout.laid)) == sorted(names.values())
    assert root.findings("deep") == []


def test_files_that_cannot_be_linked_are_copied(root: SampleRoot, monkeypatch: pytest.MonkeyPatch) -> None:
    names = as_earlier_release_left_it(root.layout.root)

    def copy(source: str, target: str, mode: int) -> bool:
        return tree_files.copy(source, target, mode)

    monkeypatch.setattr(takeover, "hard_link", copy)
    assert root.converge()["changed"] is False
    assert sorted(os.listdir(root.layout.laid)) == sorted(names)
    assert root.findings("deep") == []


class Cut(BaseException):
    """A run ends here, as if it had been killed."""


@pytest.mark.parametrize("step", range(1, 14))
def test_cut_off_anywhere_all_environments_are_whole(root: SampleRoot, monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    names = as_earlier_release_left_it(root.layout.root)
    left = [step]

    def counted(action: Callable[..., Any]) -> Callable[..., Any]:
        def act(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                raise Cut
            return action(*given, **named)

        return act

    with monkeypatch.context() as patched:
        for name in ("make_directory", "sync_trees", "place", "write_json", "remove"):
            patched.setattr(takeover, name, counted(getattr(takeover, name)))
        # What a killed process does not do either.
        patched.setattr(takeover, "try_to_remove", lambda _path: [])
        patched.setattr(transaction_marker, "held", _left_behind(transaction_marker.held))
        try:
            root.converge()
        except Cut:
            pass
    assert [each for each in root.findings("deep") if each[2] != "interrupted"] == []
    root.converge()
    root.converge()
    assert sorted(os.listdir(root.layout.laid)) == sorted(names)
    assert root.findings("deep") == []


def _left_behind(held: Callable[..., Any]) -> Callable[..., Any]:
    """Return what writes the transaction marker and does not remove it when the block ends early."""

    def begin(layout: Any, steps: Any, **named: Any) -> Any:
        holding = held(layout, steps, **named)
        holding.__enter__()
        return _Never(holding)

    return begin


class _Never:
    def __init__(self, holding: Any) -> None:
        self._holding = holding

    def __enter__(self) -> None:
        """It is held already."""

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            self._holding.__exit__(None, None, None)
