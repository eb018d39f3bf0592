# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An error shows all that is wrong, and nothing that is secret or acts."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot, DiskFull, FetchFailed, HermeticError


def test_every_problem_is_a_line_of_the_error() -> None:
    assert str(HermeticError("It cannot be used.", ["a: why", "b: why"])) == "It cannot be used.\n  - a: why\n  - b: why"


def test_no_secret_of_an_address_is_shown() -> None:
    error = HermeticError("https://rob:secret@a.example/x failed", ["see https://rob:secret@a.example/y?token=secret"])
    assert "secret" not in str(error)
    assert "a.example/x" in error.message


def test_nothing_that_acts_is_shown() -> None:
    error = HermeticError("a\x1b[2J", ["b\u202e"])
    assert str(error) == "a\\x1b[2J\n  - b\\u202e"


def test_what_is_needed_goes_along() -> None:
    assert FetchFailed("no").needs == []
    assert FetchFailed("no", needs=[{"sha256": "x"}]).needs == [{"sha256": "x"}]


def test_a_full_disk_is_an_unusable_root() -> None:
    assert issubclass(DiskFull, BrokenRoot)
