# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/vpython3.exe as it is compiled for every processor of Windows, inspected; tests/windows executes that for x86_64."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.pe import read_pe
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.launcher import (
    choose_runner_compiler,
    compile_runner,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.tree import PythonVersion
from zig_samples import HAS_ZIG

OF_THE_SYSTEM = {"kernel32.dll", "advapi32.dll", "ucrtbase.dll"}


def runner(place: Path, machine: str) -> Path:
    """Compile the program with a cache of its own."""
    compiler = choose_runner_compiler("auto", platform=f"windows-{machine}", cache=place / "cache")
    assert compiler is not None
    target = place / "bin" / "vpython3.exe"
    compile_runner(target, python=PythonVersion("3.12.0"), compiler=compiler)
    return target


@pytest.mark.skipif(not HAS_ZIG, reason="the PyPI package ziglang, which compiles for Windows, is not installed")
@pytest.mark.parametrize("machine", ["x86_64", "x86", "arm64"])
def test_it_is_for_the_processor_needs_nothing_but_windows_and_is_the_same_each_time(tmp_path: Path, machine: str) -> None:
    made = runner(tmp_path / "one", machine)
    program = read_pe(made)
    assert program.machine == machine
    assert {name.lower() for name in (*program.needed, *program.needed_later)} <= OF_THE_SYSTEM
    assert list(made.parent.iterdir()) == [made]
    content = made.read_bytes()
    for path in (str(tmp_path), str(Path(__file__).parents[2])):
        assert path.encode() not in content and path.encode("utf-16-le") not in content
    if machine == "x86_64":
        assert runner(tmp_path / "other", machine).read_bytes() == content


def test_no_other_compiler_makes_it(tmp_path: Path) -> None:
    assert choose_runner_compiler("cc", platform="windows-x86_64", cache=tmp_path) is None
