# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs are looked up in PATH only."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.program_search import windows_candidates


@pytest.mark.parametrize("entry", ["", ".", "..", "bin", "C:", "C:bin", "\\bin", "/bin", '""', '"."', "%CD%"])
def test_what_depends_on_the_current_directory_is_not_searched(entry: str) -> None:
    assert list(windows_candidates("uv", f"{entry};C:\\tools;{entry}", (".exe",))) == ["C:\\tools\\uv.exe"]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("C:\\tools\\", "C:\\tools\\uv.exe"),
        ("c:/tools", "c:/tools\\uv.exe"),
        ('"C:\\two words"', "C:\\two words\\uv.exe"),
        ("\\\\server\\share\\tools", "\\\\server\\share\\tools\\uv.exe"),
        ("\\\\?\\C:\\tools", "\\\\?\\C:\\tools\\uv.exe"),
    ],
)
def test_whole_directories_are(entry: str, expected: str) -> None:
    assert list(windows_candidates("uv", entry, (".exe",))) == [expected]


def test_endings_are_tried_in_their_order_and_not_added_twice() -> None:
    endings = (".COM", ".EXE", ".BAT")
    assert list(windows_candidates("tool", "C:\\a;C:\\b", endings)) == [f"C:\\{each}\\tool{ending}" for each in "ab" for ending in endings]
    assert list(windows_candidates("tool.bat", "C:\\a", endings)) == ["C:\\a\\tool.bat"]
    assert list(windows_candidates("tool-1.2", "C:\\a", (".exe",))) == ["C:\\a\\tool-1.2.exe"]
