# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that the entry points of a wheel ask for."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.entry_points import commands_for


@pytest.mark.parametrize(
    ("version", "points", "expected"),
    [
        ("3.12.1", {"pip": "p:m", "pip3": "p:m", "pip3.9": "p:m"}, {"pip", "pip3", "pip3.12"}),
        ("3.12.1", {"pip": "p:m"}, {"pip", "pip3", "pip3.12"}),
        ("2.7.18", {"pip": "p:m", "pip3": "p:m"}, {"pip", "pip2", "pip2.7"}),
        ("3.9.18", {"easy_install": "p:m", "easy_install-3.8": "p:m"}, {"easy_install", "easy_install-3.9"}),
        ("3.12.1", {"pip3": "p:m", "pipx": "p:m"}, {"pip3", "pipx"}),
    ],
)
def test_pip_gets_the_commands_of_the_python_it_is_for(version: str, points: dict[str, str], expected: set[str]) -> None:
    entry_points = [[name, *value.split(":"), "console"] for name, value in points.items()]
    assert {command[0] for command in commands_for(entry_points, version=version)} == expected
