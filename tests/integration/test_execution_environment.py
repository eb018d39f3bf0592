# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image of a controller: everything that its build takes is in the build's context, and the collection installs from there.

The image itself takes a base image from a registry, which a test cannot count on.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from plays import PROJECT

sys.path.insert(0, str(PROJECT / "tools"))
from release import build

FILES = ("execution-environment.yml", "requirements.txt", "meta/bindep.txt")


def run(directory: Path, tool: str, *words: str) -> str:
    """Run a tool and return what it prints."""
    # Collections of this machine must not stand in for the one that is installed.
    (directory / "empty.cfg").touch()
    places = {"ANSIBLE_HOME": "ansible", "ANSIBLE_CONFIG": "empty.cfg", "ANSIBLE_COLLECTIONS_PATH": "collections"}
    settings = {name: str(directory / place) for name, place in places.items()}
    command = [str(Path(sys.executable).with_name(tool)), *words]
    done = subprocess.run(command, cwd=directory, env={**os.environ, **settings}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the context of a build in a directory that has no more than the file says."""
    if importlib.util.find_spec("ansible_builder") is None:
        pytest.skip("ansible-builder is not installed: pip install -r requirements-test.txt")
    directory = tmp_path_factory.mktemp("clone")
    for name in FILES:
        (directory / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, directory / name)
    (directory / ".build").mkdir()
    build(directory / ".build")
    run(directory, "ansible-builder", "create", "--file", FILES[0], "--context", "context", "--output-filename", "Containerfile")
    return directory / "context"


def test_the_collection_is_in_the_context_and_installs_from_it_without_a_network(context: Path, tmp_path: Path) -> None:
    asked = yaml.safe_load((context / "_build" / "requirements.yml").read_text())["collections"]
    (archive,) = (context / "_build" / "archive").iterdir()
    # The context is /build in the container.
    assert [each["name"] for each in asked] == [f"/build/archive/{archive.name}"]
    run(tmp_path, "ansible-galaxy", "collection", "install", "--offline", "-p", str(tmp_path / "collections"), str(archive))
    installed = tmp_path / "collections" / "ansible_collections" / "hermetic" / "python"
    # What the messages about missing libraries point at, and what the builder takes from every collection.
    assert (installed / "requirements.txt").read_text() == (PROJECT / "requirements.txt").read_text()
    found = yaml.safe_load(run(tmp_path, "ansible-builder", "introspect", str(tmp_path / "collections")))
    assert "cryptography>=42" in "".join(map(str, found["python"]))


def test_the_container_is_made_of_a_python_that_the_controller_can_use(context: Path) -> None:
    made = (context / "Containerfile").read_text()
    assert "fedora:42" in made
    assert "/usr/bin/python3" in made
    assert (context / "_build" / "requirements.txt").read_text().splitlines()
    assert "gcc" in (context / "_build" / "bindep.txt").read_text()
