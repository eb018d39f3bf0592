# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""bin/vpython3 in bundles and on hosts: what a bundle carries for it, which bundle it takes, and what hosts have of wheels already."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.launcher import (
    RUNNER_SOURCE,
    SOURCE,
    choose_compiler,
    compile_runner,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.host import host_platform
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.tree import PythonVersion
from bundle_variants import contents_of, write
from prebuilt_samples import prebuilt_archive
from programs import Runner, block_of, lock_of, pylock, script_text, write_program
from roots import Archive, Declared, Root
from wheelhouse import Wheel

PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


def test_a_bundle_carries_what_reads_locks_with_its_licences(bundle_archive: Archive) -> None:
    with tarfile.open(bundle_archive.path) as archive:
        names = set(archive.getnames())
        stream = archive.extractfile("bundle.json")
        assert stream is not None
        info = json.load(stream)
    library = {name.removeprefix("lib/engine/") for name in names if name.startswith("lib/engine/")}
    assert {"packaging/pylock.py", "packaging/tags.py", "installer/sources.py"} <= library
    assert not [name for name in library if name.endswith((".so", ".pyd"))]
    assert [name for name in library if name.startswith("packaging-") and "LICENSE" in name]
    assert info["packaging"]
    assert info["python"]["commands"]["vpython3"] == "bin/vpython3"
    assert info["files"]["bin/vpython3"]["mode"] == "0755"


def test_an_environment_of_a_host_has_no_command_of_that_name(program_host: Root) -> None:
    assert (program_host.path / "bin" / "vpython3").exists()
    assert not os.path.lexists(program_host.path / "envs" / "web" / "bin" / "vpython3")
    assert (program_host.path / "envs" / "web" / "bin" / "python3").exists()


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler")
@pytest.mark.parametrize("source", [SOURCE, RUNNER_SOURCE], ids=lambda path: path.name)
@pytest.mark.parametrize("options", [["-O2", "-DISOLATED=1", "-DSAFE_PATH=1"], ["-O0", "-DISOLATED=0", "-DQUIET=1"]], ids=["new", "old"])
def test_the_programs_compile_without_a_warning(tmp_path: Path, source: Path, options: list[str]) -> None:
    command = ["cc", "-std=gnu99", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wformat=2", *options, '-DPYTHON="python3.12"']
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "x"), source.name], cwd=source.parent, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_same_program_comes_out_twice(tmp_path: Path) -> None:
    compiler = choose_compiler("auto", platform=host_platform(), macos_minimum="11.0", cache=tmp_path)
    if compiler is None:
        pytest.skip("this machine has neither a C compiler that links statically nor PyPI's ziglang")
    for name in ("one", "another place"):
        compile_runner(tmp_path / name / "vpython3", python=PythonVersion("3.12.1"), compiler=compiler)
    assert (tmp_path / "one" / "vpython3").read_bytes() == (tmp_path / "another place" / "vpython3").read_bytes()


def test_a_lock_for_another_python_takes_another_bundle_of_the_generation(
    make_root: Callable[[Path, Declared], Root],
    bundle_of: Callable[..., Archive],
    bundle_archive: Archive,
    wheels: dict[str, Wheel],
    runner: Runner,
    user_place: Path,
) -> None:
    own = ".".join(bundle_archive.python["version"].split(".")[:2])
    other = next((path for path in sorted(PYENV.glob("3.1[1-9].*/bin/python3.1[1-9]")) if path.name != f"python{own}"), None)
    if other is None:
        pytest.skip("there is no second Python with tomllib on this machine")
    wanted = other.name.removeprefix("python")
    renamed = contents_of(bundle_of(1, other).path).with_info(name="other")
    bundles = {"python": bundle_archive, "other": write(renamed, user_place / "other.tar.gz")}
    root = make_root(user_place / "root", Declared(bundles))
    root.converge()
    both = Runner(root.path / "bin" / "vpython3", runner.home)
    for specifier in (f"=={wanted}.*", f"=={own}.*"):
        program = user_place / specifier.strip("=*.") / "tool.py"
        program.parent.mkdir()
        program.write_text(script_text("beta==2.0", python=specifier, body="import beta, sys; print(sys.version_info[:2], beta.VERSION)\n"))
        lock_of(program).write_text(pylock(block_of("beta==2.0", python=specifier), [wheels["beta-2.0"]], python=specifier))
        for _time in range(2):
            done = both.start(program)
            assert done.returncode == 0, done.stderr
            assert done.stdout == f"({specifier.strip('=*.').replace('.', ', ')}) 2.0\n"
    # A switch of the generation is a question for the other half, which may decide otherwise.
    before = len(list((both.root / "by-spec").iterdir()))
    root.converge(declared=Declared(bundles, {"web": [wheels["alpha-1.0"]]}))
    assert both.start(program).returncode == 0
    assert len(list((both.root / "by-spec").iterdir())) == before + 1


@pytest.fixture
def copied_host(program_host: Root, user_place: Path) -> Path:
    """Return a copy of the host that has nothing unpacked and no wheels."""
    copy = user_place / "copied"
    shutil.copytree(program_host.path, copy, symlinks=True)
    for path in (copy / "laid", copy / "state" / "receipts" / "laid", copy / "wheels"):
        shutil.rmtree(path)
        path.mkdir()
    return copy


def of(host: Path, runner: Runner) -> Runner:
    """Return the runner of the host's bundle itself: links of a copy lead to the original."""
    return Runner(next((host / "bundles").iterdir()) / "bin" / "vpython3", runner.home)


def test_prebuilt_wheels_of_the_host_are_unpacked_and_not_compiled(
    runner: Runner, copied_host: Path, wheels: dict[str, Wheel], user_place: Path
) -> None:
    program = write_program(user_place / "work", [wheels["beta-2.0"]], addresses=False, body="import beta; print(beta.VERSION)\n")
    archive = prebuilt_archive(wheels["beta-2.0"], user_place / "prebuilt")
    place = copied_host / "wheels" / archive.sha256
    place.mkdir()
    shutil.copy(archive.path, place)
    done = of(copied_host, runner).start("-vpython-log-level", "info", program)
    assert (done.returncode, done.stdout) == (0, "2.0\n"), done.stderr
    assert "unpack 1 prebuilt wheel" in done.stderr


def test_an_archive_of_the_host_that_is_damaged_is_not_used(
    runner: Runner, copied_host: Path, wheels: dict[str, Wheel], user_place: Path
) -> None:
    program = write_program(user_place / "work", [wheels["beta-2.0"]], body="import beta; print(beta.VERSION)\n")
    archive = prebuilt_archive(wheels["beta-2.0"], user_place / "prebuilt")
    place = copied_host / "wheels" / archive.sha256
    place.mkdir()
    (place / archive.path.name).write_bytes(archive.path.read_bytes()[:-10])
    done = of(copied_host, runner).start(program)
    assert (done.returncode, done.stdout) == (0, "2.0\n"), done.stderr


def test_a_tree_of_the_host_that_is_damaged_is_not_used(
    runner: Runner, program_host: Root, wheels: dict[str, Wheel], user_place: Path
) -> None:
    copy = user_place / "copied"
    shutil.copytree(program_host.path, copy, symlinks=True)
    next((copy / "laid").glob("*/site/alpha/__init__.py")).write_text("raise SystemExit('damaged')\n")
    program = write_program(user_place / "work", [wheels["alpha-1.0"]], body="import alpha; print(alpha.VERSION)\n")
    done = of(copy, runner).start(program)
    assert (done.returncode, done.stdout) == (0, "1.0\n"), done.stderr
    assert "of the host is damaged" in done.stderr


def test_a_wheel_of_the_host_is_compiled(runner: Runner, copied_host: Path, wheels: dict[str, Wheel], user_place: Path) -> None:
    program = write_program(user_place / "work", [wheels["beta-2.0"]], addresses=False, body="import beta; print(beta.VERSION)\n")
    place = copied_host / "wheels" / wheels["beta-2.0"].sha256
    place.mkdir()
    shutil.copy(wheels["beta-2.0"].path, place)
    done = of(copied_host, runner).start("-vpython-log-level", "info", program)
    assert (done.returncode, done.stdout) == (0, "2.0\n"), done.stderr
    assert "unpack and compile 1 wheel" in done.stderr


def test_the_file_with_sources_is_no_drift(program_host: Root) -> None:
    configuration = program_host.path / "state" / "vpython.json"
    configuration.write_text('{"format": 1}')
    try:
        assert program_host.run("drift")["findings"] == []
    finally:
        configuration.unlink()
