# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of an environment on Windows."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install import windows_environment


@pytest.mark.parametrize("platform", sorted(windows_environment.LAUNCHER_KINDS))
def test_equal_entry_points_give_equal_commands(platform: str) -> None:
    made = {windows_environment.command("tool", "pkg.mod", "main", "console", platform=platform) for _time in range(2)}
    ((name, data),) = made
    assert name == "tool.exe"
    assert b"#!<launcher_dir>\\python.exe\n" in data
    gui = windows_environment.command("tool", "pkg.mod", "main", "gui", platform=platform)[1]
    assert b"#!<launcher_dir>\\pythonw.exe\n" in gui


@pytest.mark.parametrize(
    ("flags", "gui", "expected"),
    [
        ([], False, b'#!"C:\\r\\Scripts\\python.exe"\r\n'),
        (["-u"], False, b'#!"C:\\r\\Scripts\\python.exe" -u\r\n'),
        ([], True, b'#!"C:\\r\\Scripts\\pythonw.exe"\r\n'),
    ],
)
def test_a_script_names_the_python_that_it_asks_for(flags: list[str], gui: bool, expected: bytes) -> None:
    launchers = windows_environment.WindowsLaunchers("C:\\r\\Scripts\\python.exe", "windows-x86_64")
    assert launchers.first_line(flags, gui=gui) == expected
