# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a root keeps beside its trees, and what files carry beside mode and owner: every change is found, named, and put right."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import extended_attributes
from in_process import Here, two_generations
from roots import Archive, Engine, held, identities, snapshot
from store_cases import CARRIED, CASES, FLAGS, why_no_flags
from tampering import Case, converge_twice
from wheelhouse import Wheel

KEPT = ("bin", "lib", "envs", "current", "generations", "bundles", "environments", "laid")


@pytest.fixture(scope="module")
def altered(engine: Engine, good: Archive, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Here]:
    """Give a root of two generations."""
    made = two_generations(tmp_path_factory.mktemp("altered") / "root", engine, good, wheels)
    yield made
    _release_all(made.path)


@pytest.fixture
def whole(altered: Here, wheels: dict[str, Wheel]) -> Iterator[Here]:
    """Give the root that every test leaves as it found it; a test that fails spoils no other."""
    yield altered
    if altered.findings("deep") != []:
        _release_all(altered.path)
        shutil.rmtree(altered.path)
        converge_twice(altered, wheels)


def _release_all(base: Path) -> None:
    for directory, _directories, files in os.walk(base):
        for path in (directory, *(os.path.join(directory, name) for name in files)):
            extended_attributes.release(path)


def _found_and_put_right(case: Case, root: Here) -> None:
    root.has_its_archive()
    before, trees = snapshot(root.path, KEPT, content=False), identities(root.path)
    one_before = next(name for name in trees if name.startswith("environments/one-") and name != root.place("{one}"))
    rebuilt = {one_before if tree == "{one before}" else root.place(tree) for tree in case.rebuilt}
    expected = sorted(((root.place(s), kind, case.cause, path and root.place(path)) for s, kind, path in case.found), key=str)
    with held(root.path):
        case.do(root)
        assert root.findings("deep") == expected
        assert root.findings("quick") == ([] if case.verify == "deep" else expected)
        result = root.converge(options={"verify": case.verify})
        assert result["changed"]
        assert sorted((root.reduced(finding) for finding in result["findings"]), key=str) == expected
        assert root.findings("deep") == []
        after = identities(root.path)
    assert {tree for tree in {*trees, *after} if trees.get(tree) != after.get(tree)} == rebuilt
    assert snapshot(root.path, KEPT, content=False) == before
    assert root.converge()["changed"] is False


def _ids(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.name.replace(" ", "-"), marks=case.marks) for case in cases]


@pytest.mark.parametrize("case", _ids(CASES))
def test_a_change_beside_the_trees_is_found_and_put_right(case: Case, whole: Here) -> None:
    _found_and_put_right(case, whole)


@pytest.mark.parametrize("case", _ids(CARRIED))
def test_what_a_file_carries_beside_its_mode_is_found_and_put_right(case: Case, whole: Here) -> None:
    if not hasattr(os, "setxattr"):
        pytest.skip("this system keeps its attributes otherwise")
    _found_and_put_right(case, whole)


@pytest.mark.parametrize("case", _ids(FLAGS))
def test_a_flag_is_found_and_is_no_obstacle(case: Case, whole: Here, tmp_path: Path) -> None:
    reason = why_no_flags(tmp_path)
    if reason is not None:
        pytest.skip(reason)
    _found_and_put_right(case, whole)
