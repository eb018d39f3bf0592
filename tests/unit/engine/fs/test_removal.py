# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing trees: links lead nowhere, permissions of their owner stop nobody, and what stays is named."""

from __future__ import annotations

import inspect
import os
import resource
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import removal
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.removal import remove_tree


def test_a_tree_goes_and_what_its_links_lead_to_stays(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "keep").write_text("")
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "file").write_text("")
    (tree / "a" / "dir-link").symlink_to(outside)
    (tree / "file-link").symlink_to(outside / "keep")
    (tree / "dangling").symlink_to("nowhere")
    remove_tree(tree)
    assert not tree.exists()
    assert (outside / "keep").exists()


def test_a_link_in_place_of_the_tree_goes_alone(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "link").symlink_to("outside")
    remove_tree(tmp_path / "link")
    assert not os.path.lexists(tmp_path / "link")
    assert (tmp_path / "outside").is_dir()


def test_removing_a_single_file_or_nothing_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    remove_tree(tmp_path / "file")
    remove_tree(tmp_path / "file")
    remove_tree(tmp_path / "no" / "parent")
    assert list(tmp_path.iterdir()) == []


def deep_tree(tree: Path, levels: int) -> None:
    """Make a tree that no path reaches the end of, as a process does that makes a directory and enters it."""
    tree.mkdir()
    here = os.open(tree, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=here))
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def test_no_depth_of_directories_exhausts_the_stack_or_the_descriptors(tmp_path: Path) -> None:
    deep_tree(tmp_path / "tree", 2 * sys.getrecursionlimit())
    (tmp_path / "tree" / "beside").mkdir()
    most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, most[1]))
    try:
        remove_tree(tmp_path / "tree")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, most)
    assert list(tmp_path.iterdir()) == []


def test_directories_that_somebody_makes_as_fast_as_they_go_end_the_removal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "_LEVELS", 2)
    monkeypatch.setattr(removal, "_MOST_MOVED", 3)
    deep_tree(tmp_path / "tree", 40)
    with pytest.raises(BrokenRoot, match="directories are nested too deeply"):
        remove_tree(tmp_path / "tree")


def test_the_windows_way_of_removing_does_not_depend_on_the_depth_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal, "_LEVELS", 3)
    deep_tree(tmp_path / "tree", 200)
    left: list[str] = []
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 60)
    try:
        removal._remove_by_path(str(tmp_path / "tree"), left, 0.0)
    finally:
        sys.setrecursionlimit(limit)
    assert left == []
    assert list(tmp_path.iterdir()) == []


def test_the_windows_way_of_removing_keeps_what_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "keep").write_text("")
    tree = tmp_path / "tree"
    (tree / "a").mkdir(parents=True)
    (tree / "a" / "read-only").write_text("")
    os.chmod(tree / "a" / "read-only", 0o444)
    (tree / "link").symlink_to(tmp_path / "outside")
    left: list[str] = []
    removal._remove_by_path(str(tree), left, 0.0)
    assert left == []
    assert not tree.exists()
    assert (tmp_path / "outside" / "keep").exists()
