# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real libraries of an interpreter's archive look for others in its tree only."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.elf import read_elf
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.search_paths import (
    confine_search_paths,
    outside_search_paths,
    warnings_of_packages,
)
from bundle_samples import tree_at


@pytest.mark.skipif(shutil.which("cc") is None, reason="a library that looks elsewhere is made with cc")
@pytest.mark.parametrize("entries", ["/home/builder/lib", "lib:$ORIGIN/..", "$ORIGIN/..::", "$ORIGIN/../../../..", "$ORIGIN/.."])
def test_libraries_of_an_archive_look_in_the_tree_only(tmp_path: Path, entries: str) -> None:
    tree = tree_at(tmp_path)
    own = tree.stdlib_directory / "_own.so"
    packaged = tree.root / tree.site_packages / "package.so"
    packaged.parent.mkdir()
    command = ["cc", "-shared", "-nostdlib", "-x", "c", "/dev/null", f"-Wl,-rpath,{entries}", "-o", str(own)]
    subprocess.run(command, check=True)
    shutil.copy(own, packaged)
    before = packaged.read_bytes()
    stays = entries == "$ORIGIN/.."
    assert set(outside_search_paths(tree)) == (set() if stays else {own, packaged})
    assert len(warnings_of_packages(tree)) == (0 if stays else 1)
    packaged.unlink()
    confine_search_paths(tree)
    assert read_elf(own).search_texts == ("$ORIGIN/..",)
    assert outside_search_paths(tree) == {}
    assert (own.read_bytes() == before) is stays
