# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trees are in use, where nobody uses them or nothing can be said."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process import in_use
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.in_use import trees_in_use
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import processes as windows_processes
from tree_samples import trees_with_a_program


@pytest.fixture
def trees(tmp_path: Path) -> list[Path]:
    return trees_with_a_program(tmp_path)


def test_trees_that_nobody_uses_are_free(trees: list[Path]) -> None:
    assert trees_in_use(trees) == set()
    assert trees_in_use([]) == set()


def test_this_process_holds_what_it_runs_from() -> None:
    assert trees_in_use([Path(sys.prefix), Path(sys.base_prefix)]) == {Path(sys.prefix), Path(sys.base_prefix)}


@pytest.fixture
def without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A system such as macOS: ps and perhaps lsof are all that there is."""
    monkeypatch.setattr(in_use, "_PROC", tmp_path / "no-proc")
    if shutil.which("ps") is None:
        pytest.skip("needs ps")


def test_where_nothing_can_be_told_everything_counts_as_used(
    trees: list[Path], without_proc: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(in_use, "output", lambda command: "")
    assert trees_in_use(trees) == set(trees)


def test_on_windows_an_open_program_holds_its_tree(trees: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    (trees[0] / "bin" / "python.exe").touch()
    (trees[1] / "bin" / "LIB.DLL").touch()
    (trees[2] / "notes.txt").touch()
    monkeypatch.setattr(in_use, "WINDOWS", True)
    asked: list[str] = []

    def is_open(path: str) -> bool:
        asked.append(os.path.basename(path))
        return path.endswith("python.exe")

    monkeypatch.setattr(windows_processes, "is_open", is_open)
    assert trees_in_use(trees) == {trees[0]}
    assert sorted(asked) == ["LIB.DLL", "python.exe"]
