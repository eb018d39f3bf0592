# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's memory: shared by many processes, and never trusted about content."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.net.controller_cache import ControllerCache


def test_a_damaged_entry_is_computed_again(tmp_path: Path) -> None:
    cache = ControllerCache(tmp_path / "cache")
    assert cache.memo("kind", "key", lambda: [1]) == [1]
    (tmp_path / "cache" / "kind" / "key.json").write_text("[1")
    assert cache.memo("kind", "key", lambda: [2]) == [2]
    assert cache.memo("kind", "key", lambda: [3], valid=lambda value: value != [2]) == [3]
    assert cache.memo("kind", "key", lambda: [4], refresh=True) == [4]


def test_the_directory_is_private(tmp_path: Path) -> None:
    cache = ControllerCache(tmp_path / "cache")
    cache.write("kind", "key", 1)
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "cache" / "kind" / "key.json").stat().st_mode & 0o777 == 0o600


def test_a_cache_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(HermeticError, match=r"cannot be used.*name another directory"):
        ControllerCache(tmp_path / "file").memo("kind", "key", lambda: 1)


def test_a_digest_is_remembered_until_the_file_changes(tmp_path: Path) -> None:
    cache, path = ControllerCache(tmp_path / "cache"), tmp_path / "file"
    path.write_bytes(b"one")
    assert cache.digest(path) == cache.digest(path) == hashlib.sha256(b"one").hexdigest()
    path.write_bytes(b"two")
    assert cache.digest(path) == hashlib.sha256(b"two").hexdigest()
