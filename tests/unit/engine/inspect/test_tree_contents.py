# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contents of trees are compared, each file read once, and what was needed for it is not kept."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect import tree_contents
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree import Inspection
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree_contents import Contents
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.tree_status import file_owner
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import Inode
from tree_samples import make_manifest, make_tree

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners as on POSIX")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    paths: list[str] = []

    def read_here(given: dict[Inode, str]) -> dict[Inode, str]:
        paths.extend(given.values())
        return {inode: hashlib.sha256(Path(path).read_bytes()).hexdigest() for inode, path in given.items()}

    monkeypatch.setattr(tree_contents, "read_here", read_here)
    return paths


def inspected(tree: Path) -> Inspection:
    inspection = Inspection(tree, make_manifest(), owner=file_owner(), reads=True)
    inspection.all_by_stat({}, list_all=True)
    return inspection


def test_each_file_is_read_once_and_forgotten(tmp_path: Path, read: list[str]) -> None:
    tree = make_tree(tmp_path / "tree")
    first, second = inspected(tree), inspected(tree)
    contents = Contents([first], {}, {(9, 9, 1): str(tree / "a.py")}, jobs=1)
    for each in (first, second):
        contents.compare(each)
        assert each.differences == []
        assert each.unread(()) == {}
    assert len(read) == len(set(read)) + 1
    assert contents.digests()[9, 9, 1] == hashlib.sha256((tree / "a.py").read_bytes()).hexdigest()


def test_what_is_known_is_not_read(tmp_path: Path, read: list[str]) -> None:
    tree = make_tree(tmp_path / "tree")
    one = inspected(tree)
    wrong = dict.fromkeys(one.inodes.values(), "0" * 64)
    Contents([], wrong, {}, jobs=1).compare(one)
    assert read == []
    assert {difference.kind for difference in one.differences} == {"modified"}
