# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that were given to another user are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tree_samples import differences, make_manifest, make_tree


@pytest.mark.root
def test_a_quick_look_sees_another_owner(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree")
    os.chown(tree / "a.py", 12345, -1)
    os.chown(tree / "pkg", -1, 12345)
    assert differences(tree, make_manifest()) == {("a.py", "owner"), ("pkg", "owner")}
