# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256 of files, whatever their size, and None for what cannot be read."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.hashing import hash_files


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_the_digest_is_that_of_the_content(tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    (tmp_path / "file").write_bytes(data)
    assert hash_files([str(tmp_path / "file")]) == [hashlib.sha256(data).hexdigest()]


def test_each_file_has_its_place_also_beside_those_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a" * 100)
    (tmp_path / "b").write_bytes(b"b")
    # What a longer file left in the buffer is no part of a shorter one.
    found = hash_files([str(tmp_path / name) for name in ("a", "gone", ".", "b")])
    assert found == [hashlib.sha256(b"a" * 100).hexdigest(), None, None, hashlib.sha256(b"b").hexdigest()]
