# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine runs by hand from its zip, which is the same bytes each time."""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip

TOOLS = Path(__file__).resolve().parents[2] / "tools"


def _run(zip_file: Path, request: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", str(zip_file)], input=request, capture_output=True, text=True, check=False)


@pytest.fixture(params=[False, True], ids=["sources", "compiled"])
def zip_file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "engine.zip"
    path.write_bytes(engine_zip(compiled=request.param))
    return path


def test_it_answers_a_request(zip_file: Path, tmp_path: Path) -> None:
    done = _run(zip_file, json.dumps({"format": 1, "command": "info", "root": str(tmp_path / "root")}))
    assert (done.returncode, json.loads(done.stdout)["info"]["generation"]) == (0, None)


def test_a_failure_has_its_own_exit_code_and_still_a_result(zip_file: Path) -> None:
    done = _run(zip_file, json.dumps({"format": 99, "command": "info", "root": "relative"}))
    assert (done.returncode, json.loads(done.stdout)["failed"]) == (1, True)


def test_what_is_no_request_is_reported(zip_file: Path) -> None:
    done = _run(zip_file, "not JSON")
    assert done.returncode == 1
    assert "JSON" in done.stderr


def test_it_takes_nothing_from_ansible_nor_from_site_packages(zip_file: Path) -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            "-c",
            f"import sys; sys.path.insert(0, {str(zip_file)!r}); import hermetic.commands.dispatch; print('ansible' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "False", done.stderr


def test_the_installed_collection_has_its_tools(tmp_path: Path) -> None:
    # As ansible-galaxy installs it: below a collections path, with module_utils below plugins, and with nothing of a clone.
    staged = subprocess.run([sys.executable, str(TOOLS / "stage_collection.py"), str(tmp_path)], capture_output=True, text=True, check=True)
    installed = Path(staged.stdout.strip())
    ignored = yaml.safe_load((installed / "galaxy.yml").read_text())["build_ignore"]
    shipped = {
        path.name for path in (installed / "tools").iterdir() if not any(fnmatch.fnmatch(f"tools/{path.name}", each) for each in ignored)
    }
    assert shipped == {"engine-zip", "hermetic-pull", "hermetic-spec"} and not any(fnmatch.fnmatch("tools", each) for each in ignored)
    made = tmp_path / "made.zip"
    subprocess.run([sys.executable, "-I", str(installed / "tools" / "engine-zip"), str(made)], cwd=tmp_path, check=True)
    assert made.read_bytes() == engine_zip(compiled=True)
    (tmp_path / "vpython.toml").write_text('dependencies = ["a"]\n')
    command = [sys.executable, "-I", str(installed / "tools" / "hermetic-spec"), "show", "--json", "vpython.toml"]
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(shown.stdout) == {"dependencies": ["a"]}


def test_a_python_of_another_version_passes_over_the_byte_code(tmp_path: Path) -> None:
    path = tmp_path / "engine.zip"
    path.write_bytes(engine_zip(compiled=True))
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    magic = bytes(2) + b"\r\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, magic + data[4:] if name.endswith(".pyc") else data)
    done = _run(path, json.dumps({"format": 1, "command": "info", "root": str(tmp_path / "root")}))
    assert (done.returncode, json.loads(done.stdout)["info"]["generation"]) == (0, None)
