# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy and the digest of what was copied."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.hashed_copy import copy_hashed


@pytest.mark.parametrize("size", [0, 1, 3 << 20])
def test_the_digest_is_that_of_the_copy(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    (tmp_path / "source").write_bytes(content)
    assert copy_hashed(tmp_path / "source", tmp_path / "target") == hashlib.sha256(content).hexdigest()
    assert (tmp_path / "target").read_bytes() == content


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    for name in ("source", "target"):
        (tmp_path / name).write_text(name)
    with pytest.raises(FileExistsError):
        copy_hashed(tmp_path / "source", tmp_path / "target")
    assert (tmp_path / "target").read_text() == "target"
