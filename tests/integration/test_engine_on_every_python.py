# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each Python of this machine that a host may have imports every part of the engine out of its zip, and reads every module."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip

PROJECT = Path(__file__).resolve().parents[2]
IMPORT_ALL = """
import importlib, json, pkgutil, sys
sys.path.insert(0, sys.argv[1])
import hermetic
names = [module.name for module in pkgutil.walk_packages(hermetic.__path__, "hermetic.", onerror=lambda name: sys.exit(name))]
for name in names:
    if not name.endswith(".__main__"):
        importlib.import_module(name)
print(json.dumps(names))
"""
COMPILE_ALL = """
import sys
for name in sys.argv[1:]:
    with open(name, "rb") as file:
        compile(file.read(), name, "exec", dont_inherit=True)
"""


def _run(python: str, program: str, *arguments: str | Path) -> str:
    # Without site-packages, and with what will be an error in a later Python being one today.
    command = [python, "-I", "-S", "-B", "-W", "error", "-c", program, *(str(argument) for argument in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture(params=range(9, 15), ids=lambda minor: f"3.{minor}")
def python(request: pytest.FixtureRequest) -> str:
    versions = [f"3.{request.param}", f"3.{request.param + 1}"]
    found = subprocess.run([str(PROJECT / "tools" / "find-python"), *versions], capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        pytest.skip(f"this machine has no Python {versions[0]} with venv and ensurepip")
    return found


def test_it_imports_every_part_of_the_engine(python: str, tmp_path: Path) -> None:
    (tmp_path / "engine.zip").write_bytes(engine_zip())
    imported = json.loads(_run(python, IMPORT_ALL, tmp_path / "engine.zip"))
    sources = {path.relative_to(PROJECT / "module_utils").with_suffix("") for path in (PROJECT / "module_utils" / "hermetic").rglob("*.py")}
    assert set(imported) == {".".join(source.parts) for source in sources if source.name != "__init__"} | {
        ".".join(source.parent.parts) for source in sources if source.name == "__init__" and len(source.parts) > 2
    }


def test_it_reads_every_module(python: str) -> None:
    modules = sorted([*(PROJECT / "library").glob("*.py"), *(PROJECT / "module_utils").rglob("*.py")])
    assert len(modules) > 100
    _run(python, COMPILE_ALL, *modules)
