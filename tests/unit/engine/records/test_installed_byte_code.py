# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which byte code an installed bundle reads: what it states, else what its files show, else nobody's but its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.byte_code import ByteCode
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.installed_byte_code import byte_code_of
from root_samples import bundle_json

SHA256 = "5" * 64
MAGIC = bytes.fromhex("cb0d0d0a")
FIRST = "lib/python3.12/__pycache__/abc.cpython-312.pyc"
SECOND = "lib/python3.12/__pycache__/os.cpython-312.pyc"
STATED = ByteCode("cpython-312", "cb0d0d0a", by_engine=True).digest


def older(*files: str) -> dict[str, Any]:
    """Return what an earlier release wrote of a bundle with these files."""
    info = bundle_json()
    del info["python"]["byte_code"]
    return {**info, "files": {**info["files"], **{path: {"type": "file", "mode": "0644", "size": 4, "sha256": SHA256} for path in files}}}


def tree_with(place: Path, **files: bytes | None) -> Path:
    """Make a tree that holds these contents of FIRST and SECOND."""
    for path, content in ((FIRST, files.get("first")), (SECOND, files.get("second"))):
        if content is not None:
            (place / path).parent.mkdir(parents=True, exist_ok=True)
            (place / path).write_bytes(content)
    return place


def test_what_it_states_counts(tmp_path: Path) -> None:
    assert byte_code_of(bundle_json(), sha256=SHA256, tree=tmp_path) == STATED


def test_an_older_bundle_shows_the_same(tmp_path: Path) -> None:
    tree = tree_with(tmp_path, first=MAGIC + b"rest")
    assert byte_code_of(older(FIRST), sha256=SHA256, tree=tree) == STATED


@pytest.mark.parametrize("damaged", [None, b"", b"#!/b", b"\0" * 99])
def test_a_damaged_file_is_passed_over(tmp_path: Path, damaged: bytes | None) -> None:
    tree = tree_with(tmp_path, first=damaged, second=MAGIC)
    assert byte_code_of(older(FIRST, SECOND), sha256=SHA256, tree=tree) == STATED


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    tree = tree_with(tmp_path / "tree", second=b"none")
    (tmp_path / "other").write_bytes(MAGIC)
    (tree / SECOND).unlink()
    (tree / SECOND).symlink_to(tmp_path / "other")
    assert byte_code_of(older(SECOND), sha256=SHA256, tree=tree) == SHA256


def test_without_any_it_shares_with_no_other_bundle(tmp_path: Path) -> None:
    assert byte_code_of(older(), sha256=SHA256, tree=tmp_path) == SHA256


def test_byte_code_that_another_python_makes_is_another(tmp_path: Path) -> None:
    info = older(FIRST)
    by_engine = byte_code_of(info, sha256=SHA256, tree=tree_with(tmp_path, first=MAGIC))
    assert byte_code_of({**info, "engine": False}, sha256=SHA256, tree=tmp_path) != by_engine
