# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing trees: links lead nowhere, permissions of their owner stop nobody, and what stays is named."""

from __future__ import annotations

import os
from pathlib import Path

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
