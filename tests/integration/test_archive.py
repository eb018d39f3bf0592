# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking what a real tar wrote, and onto a disk that is full."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack
from archive_samples import GOOD, tar


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def test_a_tar_of_gnu_tar_with_a_leading_dot_comes_out(tmp_path: Path, into: Path) -> None:
    (tmp_path / "source" / "a").mkdir(parents=True)
    (tmp_path / "source" / "a" / "f").write_text("x")
    if subprocess.run(["tar", "-C", str(tmp_path / "source"), "-czf", str(tmp_path / "t.tar.gz"), "."], check=False).returncode:
        pytest.skip("needs tar")
    assert list(unpack(tmp_path / "t.tar.gz", into)) == ["a/f"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_is_said(tmp_path: Path, into: Path) -> None:
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(into)], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("this machine does not allow mounting a tmpfs")
    try:
        with pytest.raises(BrokenRoot, match="lib/big: the disk is full"):
            unpack(tar(tmp_path / "a", *GOOD[:5], GOOD[6]), into)
    finally:
        subprocess.run(["umount", str(into)], check=True)
