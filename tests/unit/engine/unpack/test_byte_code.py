# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Byte code of a source, or none."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.byte_code import byte_code


@pytest.mark.parametrize("source", ["def", b"\xff", "x = '\0'", "(" * 5000, "# coding: nonsense\n", "return"])
def test_a_source_that_does_not_compile_has_no_byte_code(source: str | bytes) -> None:
    assert byte_code(source.encode() if isinstance(source, str) else source, shown_as="x.py") is None
