# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing is singular; none and several are plural."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.counting import counted


@pytest.mark.parametrize(
    ("number", "grouped", "expected"),
    [(0, False, "0 trees"), (1, False, "1 tree"), (2, False, "2 trees"), (12345, False, "12345 trees"), (12345, True, "12,345 trees")],
)
def test_a_number_of_things(number: int, grouped: bool, expected: str) -> None:
    assert counted(number, "tree", grouped=grouped) == expected
