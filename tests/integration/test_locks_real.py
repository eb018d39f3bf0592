# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real locks, made at run time by real tools from the index that pip is configured with, selected for other systems."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.platforms import Target
from ansible_collections.hermetic.python.plugins.plugin_utils.supply import DeclaredLock, Supply

pytestmark = [pytest.mark.network, pytest.mark.slow]

GLIBC = {"family": "glibc", "minimum": "2.36"}
TARGETS = {
    "linux": Target.of("linux-x86_64", python={"version": "3.12.1", "abi": "cp312"}, libc=GLIBC),
    "linux39": Target.of("linux-x86_64", python={"version": "3.9.18", "abi": "cp39"}, libc=GLIBC),
    "linux27": Target.of("linux-x86_64", python={"version": "2.7.18", "abi": "cp27mu"}, libc=GLIBC),
    "musl": Target.of("linux-aarch64-musl", python={"version": "3.12.1", "abi": "cp312"}, libc={"family": "musl", "minimum": "1.2"}),
    "macos": Target.of("macos-arm64", python={"version": "3.12.1", "abi": "cp312"}, macos={"minimum": "11.0"}),
    "windows": Target.of("windows-x86_64", python={"version": "3.12.1", "abi": "cp312"}),
    "windows-arm": Target.of("windows-arm64", python={"version": "3.12.1", "abi": "cp312"}),
}
WANTED = 'requests\npyyaml\ncryptography\nclick\njinja2\ngrpcio\npywin32; sys_platform == "win32"\n'
MODERN = ("linux", "musl", "macos", "windows")


def run(*command: str, cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the newest uv and pip beside each other, as a user's controller has them."""
    directory = tmp_path_factory.mktemp("tools")
    run(sys.executable, "-m", "venv", str(directory), cwd=directory)
    run(str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", "--upgrade", "pip", "uv", cwd=directory)
    return directory / "bin"


@pytest.fixture(scope="module")
def locks(tools: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("locks")
    (directory / "wanted.txt").write_text(WANTED)
    (directory / "wanted27.txt").write_text("PyYAML==5.4.1\nclick==7.1.2\nsix\n")
    (directory / "pip.txt").write_text("pyyaml\nclick\n")
    compile_lock = (str(tools / "uv"), "pip", "compile", "--quiet", "--generate-hashes")
    universal = ("--universal", "--python-version", "3.12", "wanted.txt")
    run(*compile_lock, *universal, "--format", "pylock.toml", "-o", "pylock.toml", cwd=directory)
    run(*compile_lock, *universal, "-o", "requirements.txt", cwd=directory)
    run(*compile_lock, "--python-version", "3.9", "--no-deps", "pip.txt", "-o", "requirements-39.txt", cwd=directory)
    # Nothing resolves for Python 2.7 any more, but pins of that time still lock.
    run(*compile_lock, "--no-deps", "wanted27.txt", "-o", "requirements-27.txt", cwd=directory)
    run(str(tools / "pip"), "lock", "--quiet", "-r", "pip.txt", "-o", "pylock.pip.toml", cwd=directory)
    return {path.name: path for path in directory.iterdir()}


@pytest.fixture
def supply(tmp_path: Path) -> Supply:
    return Supply.from_options({"cache": tmp_path / "cache"})


def test_both_kinds_of_lock_choose_the_same_wheels_everywhere(locks: dict[str, Path], supply: Supply) -> None:
    for name in MODERN:
        target = TARGETS[name]
        native, classic = (supply.select(supply.lock(locks[lock]), target) for lock in ("pylock.toml", "requirements.txt"))
        assert [wheel.sha256 for wheel in native.wheels] == [wheel.sha256 for wheel in classic.wheels]
        names = {wheel.name for wheel in native.wheels}
        assert {"requests", "urllib3", "pyyaml", "cryptography", "cffi", "click", "jinja2", "markupsafe", "grpcio"} <= names
        assert ("pywin32" in names) == (name == "windows")


def test_wheels_are_those_of_the_target(locks: dict[str, Path], supply: Supply) -> None:
    marks = {"linux": "linux", "musl": "musllinux_1_2_aarch64", "macos": "macosx", "windows": "win_amd64"}
    for name, mark in marks.items():
        wheels = {wheel.name: wheel.filename for wheel in supply.select(supply.lock(locks["pylock.toml"]), TARGETS[name]).wheels}
        assert mark in wheels["grpcio"] and mark in wheels["pyyaml"] and wheels["click"].endswith("-none-any.whl")


def test_what_has_no_wheel_for_windows_on_arm_is_named_before_anything_happens(locks: dict[str, Path], supply: Supply) -> None:
    declared = [DeclaredLock("recipes", supply.lock(locks["pylock.toml"])), DeclaredLock("metrics", supply.lock(locks["requirements.txt"]))]
    with pytest.raises(HermeticError) as caught:
        supply.prove(declared, [TARGETS["linux"], TARGETS["windows-arm"]])
    for environment in ("recipes", "metrics"):
        assert any(problem.startswith(f"virtualenv {environment}: no wheel of grpcio") for problem in caught.value.problems)
    assert all("windows-arm64-cp312" in problem for problem in caught.value.problems)


def test_a_lock_for_a_newer_python_is_refused_on_an_older_one(locks: dict[str, Path], supply: Supply) -> None:
    with pytest.raises(HermeticError, match=r"the lock is for Python >=3\.12, linux-x86_64-cp39 has 3\.9\.18"):
        supply.select(supply.lock(locks["pylock.toml"]), TARGETS["linux39"])


def test_old_pythons_get_their_wheels_and_they_are_what_their_digests_say(locks: dict[str, Path], supply: Supply) -> None:
    modern = {wheel.name: wheel for wheel in supply.select(supply.lock(locks["requirements-39.txt"]), TARGETS["linux39"]).wheels}
    assert "-cp39-cp39-" in modern["pyyaml"].filename
    old = {wheel.name: wheel for wheel in supply.select(supply.lock(locks["requirements-27.txt"]), TARGETS["linux27"]).wheels}
    assert "-cp27-cp27mu-manylinux1_x86_64" in old["pyyaml"].filename
    assert old["click"].filename == "click-7.1.2-py2.py3-none-any.whl"
    path = supply.download(old["pyyaml"])
    assert path.name == old["pyyaml"].filename
    assert old["pyyaml"].size is None or path.stat().st_size == old["pyyaml"].size


def test_a_lock_that_pip_made_holds_for_the_platform_it_was_made_on_only(locks: dict[str, Path], supply: Supply) -> None:
    version = ".".join(map(str, sys.version_info[:3]))
    here = Target.of("linux-x86_64", python={"version": version, "abi": f"cp{sys.version_info[0]}{sys.version_info[1]}"}, libc=GLIBC)
    lock = supply.lock(locks["pylock.pip.toml"])
    assert {wheel.name for wheel in supply.select(lock, here).wheels} == {"click", "pyyaml"}
    with pytest.raises(HermeticError, match=r"no wheel of pyyaml .* for macos-arm64-cp312"):
        supply.select(lock, TARGETS["macos"])
