# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that Windows takes, and those that it keeps for devices or cannot write."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.grammar import is_windows_name


@pytest.mark.parametrize("name", ["con", "CON.txt", "aux.py", "lpt1", "COM9.x", "a.", "a ", "a:b", "a?b", "", "nul .x"])
def test_names_that_windows_does_not_take(name: str) -> None:
    assert not is_windows_name(name)


@pytest.mark.parametrize("name", ["console", "auxiliary.py", ".hidden", "com10", "a b", "日本.py"])
def test_names_that_windows_takes(name: str) -> None:
    assert is_windows_name(name)
