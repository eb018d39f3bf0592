# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The launcher, compiled as for a bundle, with a stand-in for the interpreter that prints how it was started."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.isolation.launcher import (
    Compiler,
    choose_compiler,
    compile_launcher,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.host import host_platform
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.tree import PythonVersion

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="the launcher is compiled for the machine that the tests run on, and that is Linux"
)

STAND_IN = r"""
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv) {
    for (int i = 0; i < argc; i++) puts(argv[i]);
    printf("launcher=%s executable=%s path=%s\n", getenv("__PYVENV_LAUNCHER__") ? "kept" : "gone",
           getenv("PYTHONEXECUTABLE") ? "kept" : "gone", getenv("PYTHONPATH") ? "kept" : "gone");
    return 0;
}
"""


@pytest.fixture(scope="module")
def compiler(tmp_path_factory: pytest.TempPathFactory) -> Compiler:
    found = choose_compiler("auto", platform=host_platform(), macos_minimum="11.0", cache=tmp_path_factory.mktemp("cache"))
    if found is None:
        pytest.skip("this machine has neither a C compiler that links statically nor PyPI's ziglang")
    return found


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("cc") is None:
        pytest.skip("the stand-in for the interpreter needs cc")
    directory = tmp_path_factory.mktemp("stand-in")
    (directory / "x.c").write_text(STAND_IN)
    subprocess.run(["cc", "-o", str(directory / "x"), str(directory / "x.c")], check=True)
    return directory / "x"


def bundle_at(root: Path, *, compiler: Compiler, stand_in: Path, version: str = "3.12.1", quiet: bool = False) -> Path:
    """Make a bundle of nothing but the launcher and the stand-in; returns the launcher."""
    python = PythonVersion(version)
    command = root / "bin" / f"python{python.short}"
    compile_launcher(command, python=python, compiler=compiler, quiet=quiet)
    (command.parent / "python").symlink_to(command.name)
    (root / "libexec").mkdir()
    shutil.copy(stand_in, root / "libexec" / command.name)
    return command


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory, compiler: Compiler, stand_in: Path) -> Path:
    return bundle_at(tmp_path_factory.mktemp("a bundle") / "id", compiler=compiler, stand_in=stand_in)


def started(*arguments: str | Path, cwd: Path | None = None, executable: Path | None = None, **variables: str) -> list[str]:
    environment = {"PATH": "/usr/bin:/bin", **variables}
    done = subprocess.run(
        [str(argument) for argument in arguments],
        executable=executable,
        env=environment,
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()[:-1]


@pytest.mark.parametrize(
    ("arguments", "flags"),
    [
        ([], ["-I"]),
        (["-"], ["-I"]),
        (["-c", "print()"], ["-I"]),
        (["-m", "json.tool", "x.json"], ["-I"]),
        (["-V"], ["-I"]),
        (["--version"], ["-I"]),
        (["-Bc", "print()", "x.py"], ["-I"]),
        (["-Bm", "x"], ["-I"]),
        (["-mjson.tool", "x.py"], ["-I"]),
        (["-X", "dev", "-c", "x"], ["-I"]),
        (["-W", "ignore"], ["-I"]),
        (["--", "-"], ["-I"]),
        (["--check-hash-based-pycs", "always"], ["-I"]),
        (["x.py"], ["-E", "-s"]),
        (["x.py", "-c", "y"], ["-E", "-s"]),
        (["-B", "x.py"], ["-E", "-s"]),
        (["-W", "ignore", "x.py"], ["-E", "-s"]),
        (["-Wignore", "x.py"], ["-E", "-s"]),
        (["-Xdev", "x.py"], ["-E", "-s"]),
        (["-BX", "dev", "x.py"], ["-E", "-s"]),
        (["-u", "--check-hash-based-pycs", "never", "x.py"], ["-E", "-s"]),
        (["--", "x.py"], ["-E", "-s"]),
        (["-I", "x.py"], ["-E", "-s"]),
        (["directory"], ["-E", "-s"]),
    ],
)
def test_only_a_script_sees_its_own_directory(command: Path, arguments: list[str], flags: list[str]) -> None:
    assert started(command, *arguments) == [str(command), *flags, *arguments]


def test_python_2_has_no_isolated_mode_and_other_options(tmp_path: Path, compiler: Compiler, stand_in: Path) -> None:
    old = bundle_at(tmp_path / "old", compiler=compiler, stand_in=stand_in, version="2.7.18")
    for arguments in (["-c", "x"], ["-Q", "new", "x.py"], []):
        assert started(old, *arguments) == [str(old), "-E", "-s", *arguments]


def test_a_bundle_without_byte_code_never_writes_any(tmp_path: Path, compiler: Compiler, stand_in: Path) -> None:
    quiet = bundle_at(tmp_path / "quiet", compiler=compiler, stand_in=stand_in, quiet=True)
    assert started(quiet, "x.py") == [str(quiet), "-E", "-s", "-B", "x.py"]


@pytest.mark.parametrize("option", ["-O", "-OO", "-bOO", "-uO"])
def test_an_interpreter_that_optimises_writes_no_byte_code(command: Path, option: str) -> None:
    assert started(command, option, "x.py") == [str(command), "-E", "-s", "-B", option, "x.py"]


def test_what_comes_after_the_script_is_no_option(command: Path) -> None:
    assert started(command, "x.py", "-O") == [str(command), "-E", "-s", "x.py", "-O"]
    assert started(command, "-W", "-O", "x.py") == [str(command), "-E", "-s", "-W", "-O", "x.py"]
    assert started(command, "-c", "0", "-O") == [str(command), "-I", "-c", "0", "-O"]


@pytest.mark.parametrize(
    ("variables", "arguments", "flags"),
    [
        ({"PYTHONUNBUFFERED": "1"}, ["x.py"], ["-E", "-s", "-u"]),
        ({"PYTHONUNBUFFERED": ""}, ["x.py"], ["-E", "-s"]),
        ({"PYTHONUTF8": "0", "PYTHONDEVMODE": "1"}, ["-c", "x"], ["-I", "-Xutf8=0", "-Xdev"]),
        ({"PYTHONWARNINGS": "error,ignore::DeprecationWarning,"}, ["x.py"], ["-E", "-s", "-Werror", "-Wignore::DeprecationWarning"]),
        ({"PYTHONPERFSUPPORT": "0"}, ["x.py"], ["-E", "-s"]),
        # What has no option of the same meaning is read by the interpreter, which is given nothing else then.
        ({"PYTHONHASHSEED": "0", "PYTHONHOME": "/x", "PYTHONUNBUFFERED": "1"}, ["x.py"], ["-s"]),
        ({"PYTHONHASHSEED": "0"}, ["-c", "x"], ["-s", "-P"]),
        ({"PYTHONPATH": "/x", "PYTHONOPTIMIZE": "2", "PYTHONINSPECT": "1"}, ["x.py"], ["-E", "-s"]),
    ],
)
def test_variables_that_choose_no_code_act(command: Path, variables: dict[str, Any], arguments: list[str], flags: list[str]) -> None:
    assert started(command, *arguments, **variables) == [str(command), *flags, *arguments]


def test_before_311_only_a_script_reads_what_has_no_option(tmp_path: Path, compiler: Compiler, stand_in: Path) -> None:
    old = bundle_at(tmp_path / "old", compiler=compiler, stand_in=stand_in, version="3.10.1")
    assert started(old, "x.py", PYTHONHASHSEED="0") == [str(old), "-s", "x.py"]
    assert started(old, "-c", "x", PYTHONHASHSEED="0") == [str(old), "-I", "-c", "x"]


def environment_on(command: Path, place: Path, *settings: str) -> Path:
    """Make an environment as venv does, with further lines in its pyvenv.cfg; return its python."""
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").symlink_to(command)
    (place / "pyvenv.cfg").write_text("\n".join([f"home = {command.parent}", *settings, ""]))
    return place / "bin" / "python"


@pytest.mark.parametrize(
    ("place", "settings", "passes"),
    [
        ("elsewhere/venv", [], True),
        ("elsewhere/venv", ["hermetic-pythonpath = false"], False),
        ("root/environments/one-1", [], False),
        ("root/environments/one-1", ["Hermetic-PythonPath = True"], True),
        ("root-2/venv", [], True),
        ("root", [], False),
    ],
)
def test_pythonpath_acts_where_an_environment_lets_it_through(
    tmp_path: Path, compiler: Compiler, stand_in: Path, place: str, settings: list[str], passes: bool
) -> None:
    launcher = bundle_at(tmp_path / "root" / "bundles" / "id", compiler=compiler, stand_in=stand_in)
    python = environment_on(launcher, tmp_path / place, *settings)
    done = subprocess.run([str(python), "x.py"], env={"PYTHONPATH": "/x", "PYTHONHOME": "/y"}, capture_output=True, text=True, check=True)
    flags = ["-s"] if passes else ["-E", "-s"]
    assert done.stdout.splitlines()[1:] == [*flags, "x.py", "launcher=gone executable=gone path=kept"]
    assert started(launcher, "x.py", PYTHONPATH="/x") == [str(launcher), "-E", "-s", "x.py"]


def test_variables_that_move_the_interpreter_are_dropped_and_the_others_kept_for_children(command: Path) -> None:
    environment = {"__PYVENV_LAUNCHER__": "/x", "PYTHONEXECUTABLE": "/x", "PYTHONPATH": "/x"}
    done = subprocess.run([str(command)], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "launcher=gone executable=gone path=kept"


def test_any_link_leads_to_the_bundle(command: Path, tmp_path: Path) -> None:
    generation = tmp_path / "generations" / "42" / "bin"
    generation.mkdir(parents=True)
    (generation / "python").symlink_to(command)
    (tmp_path / "current").symlink_to("generations/42")
    (tmp_path / "bin").symlink_to("current/bin")
    for path in (tmp_path / "bin" / "python", tmp_path / "current" / "bin" / "python", command.parent / "python"):
        assert started(path)[0] == str(command)
    assert started("./python", cwd=tmp_path / "bin")[0] == str(command)
    assert started("python", PATH=f"/nowhere:{tmp_path / 'bin'}:/usr/bin", executable=tmp_path / "bin" / "python")[0] == str(command)


@pytest.fixture
def environment(command: Path, tmp_path: Path) -> Path:
    root = tmp_path / "environments" / "recipes-0123"
    (root / "bin").mkdir(parents=True)
    (root / "pyvenv.cfg").write_text(f"home = {command.parent}\n")
    (root / "bin" / "python").symlink_to(command)
    (root / "bin" / "python3").symlink_to("python")
    return root


def test_an_environment_is_reported_by_its_versioned_path(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "recipes").symlink_to(environment)
    stable = tmp_path / "envs" / "recipes" / "bin"
    assert started(environment / "bin" / "python")[0] == f"{environment}/bin/python"
    assert started(stable / "python")[0] == f"{environment}/bin/python"
    assert started(stable / "python3")[0] == f"{environment}/bin/python3"
    assert started("../bin/python", cwd=stable)[0] == f"{environment}/bin/python"
    assert started("python", executable=stable / "python")[0] == f"{environment}/bin/python"
    assert started("python3", PATH=f"{stable}", executable=stable / "python3")[0] == f"{environment}/bin/python3"


def test_a_link_to_the_python_of_an_environment_is_that_environment(environment: Path, tmp_path: Path) -> None:
    (tmp_path / "recipes").symlink_to(environment / "bin" / "python")
    assert started(tmp_path / "recipes")[0] == f"{environment}/bin/python"


def test_a_script_of_an_environment_names_it_in_its_first_line(environment: Path) -> None:
    script = environment / "bin" / "tool"
    script.write_text(f"#!{environment}/bin/python\n")
    script.chmod(0o755)
    assert started(script, "x") == [f"{environment}/bin/python", "-E", "-s", str(script), "x"]


def test_a_name_that_lies_is_not_believed(command: Path, environment: Path) -> None:
    assert started("/bin/sh", executable=command)[0] == str(command)
    assert started("/bin/sh", executable=environment / "bin" / "python")[0] == f"{environment}/bin/python"


def test_an_environment_of_copies_finds_its_bundle(command: Path, environment: Path) -> None:
    (environment / "bin" / "python").unlink()
    shutil.copy(command, environment / "bin" / "python")
    assert started(environment / "bin" / "python", "-c", "x") == [f"{environment}/bin/python", "-I", "-c", "x"]


@pytest.mark.parametrize(("break_it", "status", "says"), [("remove", 127, "No such file"), ("chmod", 126, "Permission denied")])
def test_a_missing_interpreter_is_named(tmp_path: Path, compiler: Compiler, stand_in: Path, break_it: str, status: int, says: str) -> None:
    broken = bundle_at(tmp_path / "broken", compiler=compiler, stand_in=stand_in)
    real = tmp_path / "broken" / "libexec" / "python3.12"
    if break_it == "remove":
        real.unlink()
    else:
        real.chmod(0o644)
    done = subprocess.run([str(broken)], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert str(real) in done.stderr
    assert says in done.stderr


def test_the_launcher_needs_nothing_and_names_no_directory_of_this_machine(command: Path) -> None:
    data = command.read_bytes()
    assert b"ld-linux" not in data.split(b"\0.shstrtab")[0][:4096]
    assert str(Path(__file__).resolve().parents[2]).encode() not in data
    assert os.path.expanduser("~").encode() + b"/" not in data


def test_the_same_launcher_comes_out_twice(tmp_path: Path, compiler: Compiler) -> None:
    made = []
    for name in ("one", "another place"):
        compile_launcher(tmp_path / name / "python3.12", python=PythonVersion("3.12.1"), compiler=compiler, quiet=False)
        made.append((tmp_path / name / "python3.12").read_bytes())
    assert made[0] == made[1]
