# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that some file systems take for one; tests/integration/test_case_folding.py runs on such a file system."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.case_folding import as_written
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.letter_case import folded, spelled_otherwise


@pytest.mark.parametrize(("one", "other"), [("Lib", "lib"), ("STRASSE", "straße"), ("caf\u00e9", "cafe\u0301"), ("\u0130x", "i\u0307X")])
def test_names_that_are_one_and_the_same(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("path", "others", "twin"),
    [
        ("a/Data.txt", ["b/data.txt", "a/data.txt"], "a/data.txt"),
        ("Pack/one.py", ["pack/two.py"], "pack/two.py"),
        ("a/b", ["a/b", "a/bc", "b/a", "A"], "A"),
        ("a/b/c", ["a/x/C"], None),
        ("a", [], None),
    ],
)
def test_the_first_path_that_collides_is_named(path: str, others: list[str], twin: str | None) -> None:
    assert spelled_otherwise(path, others) == twin


def test_where_case_counts_a_path_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "Root").mkdir()
    (tmp_path / "rOOT").mkdir()
    for path in (tmp_path / "Root", tmp_path / "rOOT", tmp_path / "root", tmp_path / "Root" / "there" / "not", Path("/")):
        assert as_written(path) == path
