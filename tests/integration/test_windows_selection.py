# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markers of a requirements file, with pip's own settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import Supply
from supply_samples import LINUX, WINDOWS, make_wheel, sha256

WINDOWS_X86 = Target.of("windows-x86", python={"version": "3.12.1", "abi": "cp312"})


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return Supply.from_options(
        {"cache": tmp_path / "cache", "index_url": (tmp_path / "simple").as_uri(), "find_links": [str(tmp_path / "wheels")], "retries": 0}
    )


def _wheels(directory: Path, name: str, *tags: str) -> list[Path]:
    return [make_wheel(directory / "wheels", f"{name}-1.0-{tag}.whl") for tag in tags]


def test_markers_in_a_requirements_file_count_alike(supply: Supply, tmp_path: Path) -> None:
    (tmp_path / "simple").mkdir()
    (colorama,) = _wheels(tmp_path, "colorama", "py2.py3-none-any")
    (pywin32,) = _wheels(tmp_path, "pywin32", "cp312-cp312-win32")
    lock = tmp_path / "requirements.txt"
    lock.write_text(
        f'colorama==1.0 ; sys_platform == "win32" --hash=sha256:{sha256(colorama)}\n'
        f'pywin32==1.0 ; platform_machine == "x86" --hash=sha256:{sha256(pywin32)}\n'
    )
    found = {label: {wheel.filename.split("-")[0] for wheel in supply.select(supply.lock(lock), target).wheels}
             for label, target in {"x86": WINDOWS_X86, "x86_64": WINDOWS, "linux": LINUX}.items()}  # fmt: skip
    assert found == {"x86": {"colorama", "pywin32"}, "x86_64": {"colorama"}, "linux": set()}
