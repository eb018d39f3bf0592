# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every variable of Python's, one by one: those that say how a program runs act, those that say which code it runs do not.

The same table stands in docs/BUNDLES.md, and tests/windows tries it on Windows.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.build import build
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import BuildRequest, InterpreterSource
from engine_fixtures import interpreter_source
from roots import Root
from variables import ACTING, MIXED, SILENT, Variable
from wheelhouse import make_wheel

PROJECT = Path(__file__).resolve().parents[2]
VERSION = tuple(
    int(part)
    for part in subprocess.run(
        [str(interpreter_source()), "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.split()
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a bundle from an installed interpreter is made on Linux only")


@pytest.fixture(scope="module")
def root(root_with_one: Callable[[], Root]) -> Root:
    return root_with_one()


def ask(python: Path, code: str, *, script: Path | None = None, cwd: Path | None = None, **variables: str) -> str:
    command = [str(python), "-c", code]
    if script is not None:
        script.write_text(code)
        command = [str(python), str(script)]
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **variables}
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.stdout.strip() or done.stderr.strip()[-500:]


def pythons(root: Root) -> list[Path]:
    return [root.path / "bin" / "python3", root.path / "envs" / "one" / "bin" / "python"]


@pytest.mark.parametrize("variable", ACTING, ids=lambda each: each.name)
def test_what_says_how_a_program_runs_acts(root: Root, tmp_path: Path, variable: Variable) -> None:
    if variable.since > VERSION:
        pytest.skip(f"this is Python {VERSION}")
    for python in pythons(root):
        for script in (None, tmp_path / "script.py"):
            if script is None and variable.scripts_only_before > VERSION:
                continue
            assert ask(python, variable.code, script=script, **dict[str, Any]({variable.name: variable.value})) == variable.shown, (
                python,
                script,
            )
        assert ask(python, variable.code, script=tmp_path / "script.py") != variable.shown, "this code shows nothing"


@pytest.mark.parametrize("mixed", [{}, MIXED], ids=["alone", "beside one that is read"])
@pytest.mark.parametrize("variable", SILENT, ids=lambda each: each.name)
def test_what_says_which_code_is_run_does_not(root: Root, tmp_path: Path, variable: Variable, mixed: dict[str, Any]) -> None:
    if variable.since > VERSION:
        pytest.skip(f"this is Python {VERSION}")
    hostile = tmp_path / "hostile"
    hostile.mkdir()
    for name in ("json", "re", "sitecustomize", "usercustomize"):
        (hostile / f"{name}.py").write_text("print('the hostile module ran')\n")
    value = variable.value.replace("HOSTILE", str(hostile))
    for python in pythons(root):
        for script in (None, tmp_path / "script.py"):
            usual = ask(python, variable.code, script=script, **mixed)
            assert ask(python, variable.code, script=script, **{**mixed, variable.name: value}) == usual, (python, script)
            assert "hostile" not in usual


def test_the_table_in_the_docs_is_this_one() -> None:
    text = (PROJECT / "docs" / "BUNDLES.md").read_text()
    table = text.partition("## Environment variables")[2].partition("\n## ")[0]
    assert {each.name for each in (*ACTING, *SILENT)} <= set(re.findall(r"PYTHON\w+", table))


def test_the_bundle_lets_a_path_through_when_it_is_reported_to(root: Root, tmp_path: Path) -> None:
    (tmp_path / "only_there.py").write_text("")
    bundle, environment = pythons(root)
    for python in (bundle, environment):
        for told, found in (("1", "True"), ("0", "False"), ("", "False")):
            code = "import importlib.util; print(importlib.util.find_spec('only_there') is not None)"
            assert ask(python, code, PYTHONPATH=str(tmp_path), HERMETIC_PYTHONPATH=told) == found


def test_a_declared_environment_lets_a_path_through_where_it_says_so(root: Root, tmp_path: Path) -> None:
    (tmp_path / "only_there.py").write_text("")
    code = "import importlib.util; print(importlib.util.find_spec('only_there') is not None)"
    environment = root.path / "envs" / "one" / "bin" / "python"
    before = os.path.realpath(root.path / "envs" / "one")
    for names, found in ((frozenset(), "False"), (frozenset({"one"}), "True"), (frozenset(), "False")):
        root.converge(replace(root.declared, pythonpath=names))
        assert ask(environment, code, PYTHONPATH=str(tmp_path)) == found
        assert (os.path.realpath(root.path / "envs" / "one") == before) == (not names)
        assert root.drift("deep") == []


def test_what_does_not_act_reaches_children(root: Root) -> None:
    code = "import os; print(os.environ.get('PYTHONPATH'))"
    assert [ask(python, code, PYTHONPATH="/x") for python in pythons(root)] == ["/x", "/x"]


@pytest.fixture(scope="module")
def with_pip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the python of an environment with pip, made by venv on a bundle."""
    place = tmp_path_factory.mktemp("with pip")
    source = InterpreterSource(path=interpreter_source())
    request = BuildRequest(name="python", release="1+1", source=source, destination=place, include_ensurepip=True)
    bundle = tmp_path_factory.mktemp("root") / "bundles" / "python-1"
    bundle.mkdir(parents=True)
    subprocess.run(["tar", "-xzf", str(build(request).archive), "-C", str(bundle)], check=True)
    venv = tmp_path_factory.mktemp("venv") / "venv"
    subprocess.run([str(bundle / "bin" / "python3"), "-m", "venv", str(venv)], check=True)
    return venv / "bin" / "python"


BACKEND = """
import base64, hashlib, zipfile
def get_requires_for_build_wheel(config_settings=None):
    return []
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    name, info = "case_project-1.0-py3-none-any.whl", "case_project-1.0.dist-info"
    files = {f"{info}/METADATA": "Metadata-Version: 2.1\\nName: case-project\\nVersion: 1.0\\n",
             f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: case\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n", "case_project.py": ""}
    with zipfile.ZipFile(f"{wheel_directory}/{name}", "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
        archive.writestr(f"{info}/RECORD", "".join(f"{path},,\\n" for path in files))
    return name
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a project, and the directory with the wheel of its build backend."""
    place = tmp_path_factory.mktemp("project")
    make_wheel(place / "wheelhouse", "case_backend", files={"case_backend.py": BACKEND})
    (place / "project").mkdir()
    (place / "project" / "pyproject.toml").write_text('[build-system]\nrequires = ["case-backend"]\nbuild-backend = "case_backend"\n')
    return place / "project", place / "wheelhouse"


def test_pip_builds_in_isolation_in_an_environment_on_a_bundle(with_pip: Path, project: tuple[Path, Path], tmp_path: Path) -> None:
    directory, wheelhouse = project
    command = [str(with_pip), "-m", "pip", "wheel", "--no-index", "--find-links", str(wheelhouse), "-w", str(tmp_path), str(directory)]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PIP_CONFIG_FILE": os.devnull}, check=False)
    assert (tmp_path / "case_project-1.0-py3-none-any.whl").is_file(), done.stdout + done.stderr


@pytest.mark.network
@pytest.mark.skipif(VERSION < (3, 10), reason="the newest releases of these tools need a newer Python")
def test_tools_that_hand_a_path_to_their_children_work(with_pip: Path, project: tuple[Path, Path], tmp_path: Path) -> None:
    directory, wheelhouse = project
    subprocess.run([str(with_pip), "-m", "pip", "install", "--quiet", "build", "pex", "tox"], check=True)
    tools = {**os.environ, "HOME": str(tmp_path), "PEX_ROOT": str(tmp_path / "pex"), "PIP_FIND_LINKS": str(wheelhouse)}

    def run(*command: str, cwd: Path = tmp_path) -> str:
        done = subprocess.run(command, capture_output=True, text=True, env=tools, cwd=cwd, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run(str(with_pip), "-m", "build", "--wheel", "--outdir", str(tmp_path / "built"), str(directory))
    assert (tmp_path / "built" / "case_project-1.0-py3-none-any.whl").is_file()
    # PEX asks the bundle below the environment as well, which lets a path through when it is told to.
    tools["HERMETIC_PYTHONPATH"] = "1"
    run(str(with_pip), "-m", "pex", "-f", str(wheelhouse), "case-backend", "-o", str(tmp_path / "case.pex"))
    assert (
        run(str(with_pip), str(tmp_path / "case.pex"), "-c", "import case_backend; print(case_backend.__name__)").strip() == "case_backend"
    )
    (tmp_path / "tox.ini").write_text("[tox]\nenv_list = py\nskipsdist = true\n[testenv]\ncommands = python -c 'print(\"in tox\")'\n")
    assert "in tox" in run(str(with_pip), "-m", "tox", "-q")
