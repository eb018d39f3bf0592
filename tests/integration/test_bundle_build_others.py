# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles of other interpreters than the one that runs the tests, and the module that builds them."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building import BuildRequest, InterpreterSource, Wheel, build
from ansible_collections.hermetic.python.plugins.plugin_utils.engine_code import engine_digest, own_engine
from bundle_sources import fixed_packages, packed
from pe_samples import pe

PROJECT = Path(__file__).resolve().parents[2]
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


RELEASE = "1.0+1"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(sys.platform != "linux", reason="an installed interpreter is bundled on Linux only")]


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> list[Wheel]:
    return fixed_packages(tmp_path_factory.mktemp("fixed"))


@pytest.mark.parametrize("version", ["2.7.18", "3.9.18", "3.13.0"])
def test_other_versions_of_python_pass_their_self_test(version: str, tmp_path: Path) -> None:
    short = ".".join(version.split(".")[:2])
    interpreter = PYENV / version / "bin" / f"python{short}"
    if not interpreter.is_file():
        pytest.skip(f"this machine has no {interpreter}")
    made = build(BuildRequest(name="python", release=f"{version}+1", source=InterpreterSource(path=interpreter), destination=tmp_path))
    assert made.self_test["ran"]
    assert made.info["engine"] is (short != "2.7")
    assert ("lib/engine" in made.info["files"]) is ("lib/engine-code/engine.zip" in made.info["files"]) is (short != "2.7")
    assert made.info["engine_digest"] == (engine_digest() if short != "2.7" else None)
    assert f"bin/python{short[0]}" in made.info["files"]


def test_the_interpreter_of_the_system_becomes_a_bundle(tmp_path: Path) -> None:
    interpreter = Path("/usr/bin/python3")
    if not interpreter.exists():
        pytest.skip("this machine has no /usr/bin/python3")
    made = build(BuildRequest(name="python", release=RELEASE, source=InterpreterSource(path=interpreter), destination=tmp_path))
    assert made.self_test["ran"]


def test_an_embeddable_windows_python_becomes_a_full_one(tmp_path: Path, packages: list[Wheel]) -> None:
    """The official archive's shape: programs, extension modules and a zip of byte code, here inside an sdist as on the index."""
    program = pe()
    with zipfile.ZipFile(tmp_path / "modules.zip", "w") as modules:
        modules.writestr("os.pyc", b"code")
        modules.writestr("ssl.pyc", b"code")
        modules.writestr("json/__init__.pyc", b"code")
        modules.writestr("encodings/__init__.pyc", b"code")
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as inner:
        for name in ("python.exe", "pythonw.exe", "vcruntime140.dll", "_ssl.pyd", "libssl-3.dll", "python3.dll"):
            inner.writestr(f"cp313/{name}", program)
        inner.writestr("cp313/python313.dll", pe(content=b"\x003.13.2\0"))
        inner.writestr("cp313/python313._pth", "python313.zip\n.\n")
        inner.write(tmp_path / "modules.zip", "cp313/python313.zip")
    outer = tmp_path / "embed-1"
    outer.mkdir()
    shutil.move(tmp_path / "data.zip", outer / "data.zip")
    source = packed(outer, tmp_path / "embed-1.tar.gz")
    request = BuildRequest(
        name="python", release=RELEASE, platform="windows-x86_64", source=source, destination=tmp_path / "out", packages=packages
    )
    made, again = build(request), build(replace(request, destination=tmp_path / "again"))
    assert made.sha256 == again.sha256
    assert made.archive.name == f"python-{RELEASE}-windows-x86_64.zip"
    files = made.info["files"]
    assert {
        "bin/python.exe",
        "bin/python3.exe",
        "bin/python313.dll",
        "bin/vcruntime140.dll",
        "bin/DLLs/_ssl.pyd",
        "bin/DLLs/libssl-3.dll",
    } <= set(files)
    assert {"bin/Lib/json/__init__.pyc", "bin/Lib/_ssl_upstream.pyc", "bin/Lib/ssl.py", "share/ca/cacert.pem"} <= set(files)
    assert {"bin/Lib/encodings/_upstream.pyc", "bin/Lib/encodings/_hermetic_start.py", "bin/Lib/encodings/__init__.py"} <= set(files)
    assert "bin/python313.zip" not in files
    assert not [path for path, entry in files.items() if entry["type"] == "link"]
    assert [path for path in files if path.startswith("bin/Scripts/") and path.endswith(".exe")]
    assert (made.info["hermetic"], made.info["python"]["version"], made.info["libc"]) == ("pth", "3.13.2", None)
    with zipfile.ZipFile(made.archive) as archive:
        # There is a Python of that X.Y here, or not; the sources are there in either case.
        with zipfile.ZipFile(io.BytesIO(archive.read("lib/engine-code/engine.zip"))) as engine:
            compiled = {name for name in engine.namelist() if name.endswith(".pyc")}
            assert compiled == (
                {f"{name}c" for name in own_engine()} if any(path.endswith("ssl.cpython-313.pyc") for path in files) else set()
            )
        assert archive.read("bin/python313._pth").split() == [b"Lib", b"DLLs", b".", b"import", b"site"]
        assert {entry.date_time for entry in archive.infolist()} == {(2001, 9, 9, 1, 46, 40)}


def run_module(arguments: dict[str, object], *options: str) -> dict[str, object]:
    environment = {
        **os.environ, "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"), "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "adhoc", "localhost", "-m", "hermetic.python.bundle_build", "-a", json.dumps(arguments), *options],
        env=environment, cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    text = done.stdout + done.stderr
    assert "=> {" in text, text
    result: dict[str, object] = json.JSONDecoder().raw_decode(text[text.rindex("=> {") + 3 :])[0]
    return result


def test_the_module_builds_once_and_says_so_beforehand(tmp_path: Path) -> None:
    arguments: dict[str, object] = {"release": RELEASE, "interpreter": sys.executable, "dest": str(tmp_path / "out"), "hermetic": "site"}
    foreseen = run_module(arguments, "--check", "--diff")
    assert foreseen["changed"] is True, foreseen
    assert not list((tmp_path).glob("out/*.tar.gz"))
    first = run_module(arguments)
    assert first["changed"] is True, first
    assert Path(str(first["archive"])).is_file()
    assert run_module(arguments)["changed"] is False
    assert run_module(arguments, "--check")["changed"] is False


def test_the_module_refuses_two_sources(tmp_path: Path) -> None:
    refused = run_module({"release": RELEASE, "dest": str(tmp_path), "interpreter": sys.executable, "archive": "x.zip", "sha256": "0" * 64})
    assert "mutually exclusive" in str(refused["msg"])
