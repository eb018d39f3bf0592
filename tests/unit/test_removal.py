# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removing trees: links lead nowhere, permissions of their owner stop nobody, and what stays is named."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import removal
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.removal import remove_tree
from unprivileged import as_nobody, unprivileged


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


@as_nobody
def test_directories_without_permissions_are_removed_by_their_owner() -> None:
    code = """
base = Path(tempfile.mkdtemp()); tree = base / "tree"
(tree / "locked" / "deep").mkdir(parents=True); (tree / "locked" / "file").write_text("")
(tree / "none").mkdir(); (tree / "none" / "x").write_text("")
os.chmod(tree / "locked", 0o555); os.chmod(tree / "none", 0); os.chmod(tree, 0o555)
remove_tree(tree)
print(tree.exists()); base.rmdir()
"""
    done = unprivileged(code)
    assert (done.stdout.strip(), done.stderr) == ("False", "")


@as_nobody
def test_what_cannot_be_removed_is_named_and_the_rest_is_gone() -> None:
    base = Path(subprocess.run(["mktemp", "-d", "/tmp/durable-XXXXXX"], text=True, capture_output=True, check=True).stdout.strip())
    try:
        tree = base / "tree"
        (tree / "foreign").mkdir(parents=True)
        (tree / "foreign" / "stays").write_text("")
        (tree / "mine").write_text("")
        os.chmod(base, 0o755)
        os.chown(tree, 65534, 65534)
        done = unprivileged("try: remove_tree(Path(sys.argv[1]))\nexcept BrokenRoot as error: print(error)", str(tree))
        assert "foreign/stays" in done.stdout, done.stderr
        assert "could not be removed completely" in done.stdout
        assert not (tree / "mine").exists()
        assert (tree / "foreign" / "stays").exists()
    finally:
        shutil.rmtree(base)


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
