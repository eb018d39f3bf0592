# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request travels as one line of text, and nothing else is taken for one."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.envelope import pack, unpack
from hypothesis import given
from hypothesis import strategies as st


@given(document=st.dictionaries(st.text(), st.none() | st.integers() | st.lists(st.text()), max_size=5))
def test_what_was_packed_comes_back(document: dict[str, Any]) -> None:
    text = pack(document)
    assert "\n" not in text
    assert text.isascii()
    assert unpack(text) == document


def test_the_order_of_keys_makes_no_difference() -> None:
    assert pack({"a": 1, "b": 2}) == pack({"b": 2, "a": 1})


def _line(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content)).decode()


@pytest.mark.parametrize(
    "text", ["", "x", "eJw=", base64.b64encode(b"no zlib").decode(), _line(b"{"), _line(b"[]"), _line(b"NaN"), _line(b'"x"'), "é"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="action plugin"):
        unpack(text)
