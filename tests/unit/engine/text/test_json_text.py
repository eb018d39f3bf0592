# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON of others: what every reader takes alike is read, the rest is named."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.grammar import LARGEST_NUMBER
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.json_text import parse_json, plain_problem
from hypothesis import given
from hypothesis import strategies as st

TEXT = st.text(st.characters(codec="utf-8"))
NUMBERS = st.integers(-LARGEST_NUMBER, LARGEST_NUMBER) | st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=15,
)


@given(value=PLAIN)
def test_what_is_plain_comes_back_and_has_no_problem(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value).encode()) == value
    assert plain_problem(value) is None


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", '{"a": -Infinity}', "", "{", "[" * 100_000, '{"a": 1} x', "\ufeff1"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_json(text)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (LARGEST_NUMBER + 1, "it holds"),
        (-LARGEST_NUMBER - 1, "it holds"),
        (float("inf"), "infinite"),
        (float("nan"), "infinite or none"),
        ("\ud800", "not valid Unicode"),
        ({"\udfff": 1}, "not valid Unicode"),
        (b"x", "holds a value"),
        ({1, 2}, "holds a value"),
    ],
)
def test_what_other_readers_would_not_take_is_named_wherever_it_is(value: object, words: str) -> None:
    assert words in str(plain_problem(value))
    assert words in str(plain_problem({"a": [1, {"b": value}]}))


def test_depth_has_a_limit() -> None:
    value: Any = 1
    for _level in range(20):
        value = [value]
    assert plain_problem(value) is None
    assert "more than 20 levels deep" in str(plain_problem([value]))
    assert plain_problem([value], deepest=21) is None
