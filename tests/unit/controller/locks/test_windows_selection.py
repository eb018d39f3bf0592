# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lock for all systems, and what Windows hosts of each processor get of it; decided here, before any host is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply
from supply_samples import LINUX, MACOS, WINDOWS, WINDOWS_ARM, make_wheel, pylock_entry, write_pylock

WINDOWS_X86 = Target.of("windows-x86", python={"version": "3.12.1", "abi": "cp312"})
SYSTEMS = {"win_amd64": WINDOWS, "win_arm64": WINDOWS_ARM, "win32": WINDOWS_X86}


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return Supply.from_options(
        {"cache": tmp_path / "cache", "index_url": (tmp_path / "simple").as_uri(), "find_links": [str(tmp_path / "wheels")], "retries": 0}
    )


def _wheels(directory: Path, name: str, *tags: str) -> list[Path]:
    return [make_wheel(directory / "wheels", f"{name}-1.0-{tag}.whl") for tag in tags]


def _mixed_lock(directory: Path, *, native: tuple[str, ...] = tuple(SYSTEMS)) -> Path:
    """Write a lock as resolvers write it for all systems: markers bring what only Windows needs."""
    packages = {
        "click": (_wheels(directory, "click", "py3-none-any"), ""),
        "colorama": (_wheels(directory, "colorama", "py2.py3-none-any"), "marker = \"sys_platform == 'win32'\""),
        "pywin32": (
            _wheels(directory, "pywin32", *(f"cp312-cp312-{tag}" for tag in native)),
            "marker = \"platform_system == 'Windows'\"",
        ),
        "uvloop": (_wheels(directory, "uvloop", "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-macosx_11_0_arm64"),
                   "marker = \"sys_platform != 'win32'\""),
        "armonly": (_wheels(directory, "armonly", "cp312-cp312-win_arm64"), "marker = \"os_name == 'nt' and platform_machine == 'ARM64'\""),
    }  # fmt: skip
    entries = [pylock_entry(*wheels, directory=directory, extra=extra) for wheels, extra in packages.values()]
    return write_pylock(directory / "pylock.toml", *entries)


@pytest.mark.parametrize(("tag", "more"), [("win_amd64", ()), ("win_arm64", ("armonly-1.0-cp312-cp312-win_arm64.whl",)), ("win32", ())])
def test_each_windows_gets_its_own_wheels_and_those_that_markers_bring(
    supply: Supply, tmp_path: Path, tag: str, more: tuple[str, ...]
) -> None:
    selection = supply.select(supply.lock(_mixed_lock(tmp_path)), SYSTEMS[tag])
    wanted = {"click-1.0-py3-none-any.whl", "colorama-1.0-py2.py3-none-any.whl", f"pywin32-1.0-cp312-cp312-{tag}.whl", *more}
    assert {wheel.filename for wheel in selection.wheels} == wanted


@pytest.mark.parametrize("target", [LINUX, MACOS], ids=lambda target: target.label)
def test_the_same_lock_brings_other_systems_nothing_of_windows(supply: Supply, tmp_path: Path, target: Target) -> None:
    found = {wheel.filename.split("-")[0] for wheel in supply.select(supply.lock(_mixed_lock(tmp_path)), target).wheels}
    assert found == {"click", "uvloop"}


def test_a_processor_without_a_wheel_is_reported_before_any_host_is_touched(supply: Supply, tmp_path: Path) -> None:
    lock = supply.lock(_mixed_lock(tmp_path, native=("win_amd64",)))
    with pytest.raises(HermeticError) as caught:
        supply.prove([DeclaredLock("desktop", lock)], [LINUX, WINDOWS, WINDOWS_ARM, WINDOWS_X86])
    told = "\n".join(caught.value.problems)
    assert "pywin32 1.0" in told and "windows-arm64" in told and "windows-x86-cp312" in told
    assert "windows-x86_64" not in told and "colorama" not in told
