# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of a bundle: laid with their commands, or refused all together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.binaries.architecture import program_for
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import Wheel
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.packages import install_packages
from bundle_samples import tree_at, wheel_at


def test_commands_find_the_interpreter_beside_them(tmp_path: Path) -> None:
    files = {"demo.py": "def main(): pass\n", "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n"}
    wheel = wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)
    tree = tree_at(tmp_path / "tree")
    packages = install_packages(tree, [wheel], scripts=True)
    assert [(package.name, package.version, package.sha256) for package in packages] == [("demo", "1.0", wheel.sha256)]
    command = tree.root / "bin" / "demo"
    assert command.stat().st_mode & 0o111
    assert command.read_text().startswith("#!/bin/sh\n")
    assert str(tmp_path) not in command.read_text()
    record = (tree.root / tree.site_packages / "demo-1.0.dist-info" / "RECORD").read_text()
    assert "../../../bin/demo,sha256=" in record
    assert str(tmp_path) not in record


def test_commands_can_be_left_out(tmp_path: Path) -> None:
    files = {"demo.py": "", "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n"}
    tree = tree_at(tmp_path / "tree")
    install_packages(tree, [wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)], scripts=False)
    assert not (tree.root / "bin").exists()


def test_windows_commands_are_programs_for_the_right_processor(tmp_path: Path) -> None:
    files = {"demo.py": "", "demo-1.0.dist-info/entry_points.txt": "[console_scripts]\ndemo = demo:main\n"}
    tree = tree_at(tmp_path / "tree", platform="windows-x86_64")
    install_packages(tree, [wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)], scripts=True)
    assert program_for(tree.root / "bin" / "Scripts" / "demo.exe") == "windows-x86_64"


def test_every_bad_wheel_is_named_before_the_first_is_unpacked(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree")
    good = wheel_at(tmp_path, "good-1.0-py3-none-any.whl", {"good.py": ""})
    twice = wheel_at(tmp_path, "good-2.0-py3-none-any.whl", {"good2.py": ""})
    foreign = wheel_at(tmp_path, "foreign-1.0-cp312-cp312-win_amd64.whl", {"foreign.py": ""})
    torn = Wheel(path=wheel_at(tmp_path, "torn-1.0-py3-none-any.whl", {"torn.py": ""}).path, sha256="0" * 64)
    with pytest.raises(HermeticError) as caught:
        install_packages(tree, [good, twice, foreign, torn], scripts=True)
    text = str(caught.value)
    assert "good is there 2 times" in text
    assert "foreign-1.0" in text
    assert "torn-1.0" in text
    assert not (tree.root / tree.site_packages).exists()


@pytest.mark.parametrize(
    ("tags", "platform", "accepted"),
    [
        ("py3-none-any", "linux-x86_64", True),
        ("py2.py3-none-any", "linux-x86_64", True),
        ("cp312-cp312-manylinux_2_17_x86_64", "linux-x86_64", True),
        ("cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64", "linux-x86_64", True),
        ("cp312-cp312-manylinux_2_50_x86_64", "linux-x86_64", True),
        ("cp312-cp312-linux_x86_64", "linux-x86_64", True),
        ("cp39-abi3-manylinux_2_17_x86_64", "linux-x86_64", True),
        ("cp312-none-any", "linux-x86_64", True),
        ("cp312-cp312-musllinux_1_2_x86_64", "linux-x86_64-musl", True),
        ("cp312-cp312-macosx_14_0_arm64", "macos-arm64", True),
        ("cp312-cp312-macosx_11_0_universal2", "macos-arm64", True),
        ("cp312-cp312-win_amd64", "windows-x86_64", True),
        ("cp313-abi3-manylinux_2_17_x86_64", "linux-x86_64", False),
        ("cp311-cp311-manylinux_2_17_x86_64", "linux-x86_64", False),
        ("cp312-cp312-win_amd64", "linux-x86_64", False),
        ("py2-none-any", "linux-x86_64", False),
        ("py313-none-any", "linux-x86_64", False),
        ("pp310-pypy310_pp73-manylinux_2_17_x86_64", "linux-x86_64", False),
        # Of another processor or C library: their programs would not load, or not start.
        ("cp312-cp312-manylinux_2_17_aarch64", "linux-x86_64", False),
        ("cp312-cp312-musllinux_1_2_x86_64", "linux-x86_64", False),
        ("cp312-cp312-manylinux_2_17_x86_64", "linux-x86_64-musl", False),
        ("cp312-cp312-macosx_14_0_x86_64", "macos-arm64", False),
        ("cp312-cp312-win32", "windows-x86_64", False),
    ],
)
def test_only_wheels_for_the_python_and_processor_of_the_bundle_are_unpacked(
    tmp_path: Path, tags: str, platform: str, accepted: bool
) -> None:
    wheel = wheel_at(tmp_path, f"demo-1.0-{tags}.whl", {"demo.py": ""})
    tree = tree_at(tmp_path / "tree", platform=platform)
    if accepted:
        assert [package.name for package in install_packages(tree, [wheel], scripts=False)] == ["demo"]
    else:
        with pytest.raises(BrokenArtifact, match=f"{re.escape(wheel.path.name)} is not for {platform}"):
            install_packages(tree, [wheel], scripts=False)


def test_two_wheels_with_one_file_are_a_clear_error(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree")
    wheels = [wheel_at(tmp_path, f"{name}-1.0-py3-none-any.whl", {"same.py": name}) for name in ("one", "two")]
    with pytest.raises(BrokenArtifact, match=r"one-1\.0|two-1\.0"):
        install_packages(tree, wheels, scripts=True)


def test_a_gui_command_on_windows_has_no_console(tmp_path: Path) -> None:
    files = {"demo.py": "", "demo-1.0.dist-info/entry_points.txt": "[gui_scripts]\nshow = demo:main\n[console_scripts]\ntell = demo:main\n"}
    tree = tree_at(tmp_path / "tree", platform="windows-x86_64")
    install_packages(tree, [wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)], scripts=True)
    scripts = tree.root / "bin" / "Scripts"
    assert b"\\..\\pythonw.exe\n" in (scripts / "show.exe").read_bytes()
    assert b"\\..\\python.exe\n" in (scripts / "tell.exe").read_bytes()


def test_scripts_none_leaves_out_the_scripts_of_wheels_too(tmp_path: Path) -> None:
    tree = tree_at(tmp_path / "tree")
    files = {"demo.py": "", "demo-1.0.data/scripts/demo": "#!/bin/sh\n", "demo-1.0.data/scripts/more": "#!python\n"}
    install_packages(tree, [wheel_at(tmp_path, "demo-1.0-py3-none-any.whl", files)], scripts=False)
    assert not (tree.root / "bin").exists()
    record = (tree.root / tree.site_packages / "demo-1.0.dist-info" / "RECORD").read_text()
    assert "bin/" not in record
