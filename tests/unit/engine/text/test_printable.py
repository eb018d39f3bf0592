# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others is shown so that it does nothing to whoever reads it; tests/security holds it against the page's program."""

from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.printable import printable, printable_lines, printable_result
from hypothesis import given
from hypothesis import strategies as st

TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
ANY = st.text(st.characters(exclude_categories=()))


@given(text=ANY)
def test_nothing_that_acts_is_left(text: str) -> None:
    shown = printable(text)
    assert not [
        each for each in shown if unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(each) in TURNS
    ]
    shown.encode("utf-8")
    assert printable(shown) == shown


@given(text=st.text(st.characters(categories=("L", "N", "P", "S"))))
def test_what_only_shows_itself_is_left_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\u202e", "\\u202e"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_escapes_are_those_of_python(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_lines_and_tabs_stay_where_lines_are_wanted() -> None:
    assert printable_lines("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b"


def test_a_whole_result_is_made_harmless_in_its_keys_as_well() -> None:
    result = {"a\x1b": ["\x1b", {"b": ("\u202e", 1, None, 1.5, True)}]}
    assert printable_result(result) == {"a\\x1b": ["\\x1b", {"b": ["\\u202e", 1, None, 1.5, True]}]}
