# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One lock for all systems, and what Windows hosts of each processor get of it; decided here, before any host is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply
from lock_samples import local_supply, wheels_with_tags
from supply_samples import LINUX, MACOS, WINDOWS, WINDOWS_ARM, WINDOWS_X86, pylock_entry, sha256, write_pylock

SYSTEMS = {"win_amd64": WINDOWS, "win_arm64": WINDOWS_ARM, "win32": WINDOWS_X86}


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return local_supply(tmp_path, links="wheels")


def _mixed_lock(directory: Path, *, native: tuple[str, ...] = tuple(SYSTEMS)) -> Path:
    """Write a lock as resolvers write it for all systems: markers bring what only Windows needs."""
    packages = {
        "click": (wheels_with_tags(directory, "click", "py3-none-any"), ""),
        "colorama": (wheels_with_tags(directory, "colorama", "py2.py3-none-any"), "marker = \"sys_platform == 'win32'\""),
        "pywin32": (
            wheels_with_tags(directory, "pywin32", *(f"cp312-cp312-{tag}" for tag in native)),
            "marker = \"platform_system == 'Windows'\"",
        ),
        "uvloop": (wheels_with_tags(directory, "uvloop", "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-macosx_11_0_arm64"),
                   "marker = \"sys_platform != 'win32'\""),
        "armonly": (wheels_with_tags(directory, "armonly", "cp312-cp312-win_arm64"), "marker = \"os_name == 'nt' and platform_machine == 'ARM64'\""),
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


def test_markers_in_a_requirements_file_count_alike(supply: Supply, tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    (colorama,) = wheels_with_tags(tmp_path, "colorama", "py2.py3-none-any")
    (pywin32,) = wheels_with_tags(tmp_path, "pywin32", "cp312-cp312-win32")
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        f'colorama==1.0 ; sys_platform == "win32" --hash=sha256:{sha256(colorama)}\n'
        f'pywin32==1.0 ; platform_machine == "x86" --hash=sha256:{sha256(pywin32)}\n'
    )
    found = {label: {wheel.filename.split("-")[0] for wheel in supply.select(supply.lock(lock), target).wheels}
             for label, target in {"x86": WINDOWS_X86, "x86_64": WINDOWS, "linux": LINUX}.items()}  # fmt: skip
    assert found == {"x86": {"colorama", "pywin32"}, "x86_64": {"colorama"}, "linux": set()}
