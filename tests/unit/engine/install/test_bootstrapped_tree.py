# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a tree that the host's shell unpacked is taken, and which trees are."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.bootstrapped_tree import is_usable, linked

ROOT = Path("/opt/infra-system")


@pytest.mark.parametrize(
    ("tree", "usable"),
    [
        (ROOT / ".bootstrap-a1" / "tree", True),
        (ROOT / ".bootstrap-a1", False),
        (ROOT / ".bootstrap-a1" / "tree" / "tree", False),
        (ROOT / "state" / ".bootstrap-a1" / "tree", False),
        (ROOT / "bundles" / "tree", False),
        (Path("/tmp/.bootstrap-a1/tree"), False),
    ],
)
def test_only_trees_directly_in_the_root_are_usable(tree: Path, usable: bool) -> None:
    assert is_usable(tree, ROOT) == usable


def test_all_that_a_tree_holds_is_linked_and_hashed(tmp_path: Path) -> None:
    tree, into = tmp_path / "tree", tmp_path / "into"
    (tree / "lib" / "empty").mkdir(parents=True)
    into.mkdir()
    for name in ("a", "lib/b"):
        (tree / name).write_text(name)
    (tree / "lib" / "link").symlink_to("b")
    os.utime(tree / "lib", ns=(10**18, 10**18))
    found = linked(tree, into, jobs=2)
    assert found == {name: (len(name), hashlib.sha256(name.encode()).hexdigest()) for name in ("a", "lib/b")}
    assert (into / "lib" / "b").samefile(tree / "lib" / "b")
    assert os.readlink(into / "lib" / "link") == "b"
    assert (into / "lib").stat().st_mtime_ns == 10**18
    assert (into / "lib" / "empty").is_dir()
