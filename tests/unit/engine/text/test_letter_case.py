# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are one where case is not told apart."""

from __future__ import annotations

import pytest
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
