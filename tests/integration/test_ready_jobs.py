# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ready jobs of docs/jobs, as their CI systems would run them: environment, steps, caches, and what is left afterwards."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jobs import ANSIBLE, Job
from play_fleet import Fleet
from plays import PROJECT
from roots import Archive
from supply_samples import Served, served
from wheelhouse import Wheel

sys.path.insert(0, str(PROJECT / "tools"))

from job_templates import rendered

PROGRAM = "python -c 'import alpha, sys; print(\"ran with\", sys.prefix)'"
SETS_UP = ("-m venv", "pip install", "/ansible-galaxy ", '/pip" install', '/ansible-galaxy" ', "env | grep")
"""What the lines have in them that install Ansible, which is here already."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive, wheels: dict[str, Wheel]) -> Iterator[tuple[Served, str]]:
    """Serve a repository with the wheels of a lock, and return the lock as well."""
    fleet = Fleet(tmp_path_factory.mktemp("published"), [bundle_archive], wheels)
    wheel = wheels["alpha-1.0"]
    lock = (
        'lock-version = "1.0"\ncreated-by = "tests"\n[[packages]]\nname = "alpha"\nversion = "1.0"\n[[packages.wheels]]\n'
        f'name = "{wheel.filename}"\nurl = "{{url}}"\nhashes = {{{{sha256 = "{wheel.sha256}"}}}}\n'
    )
    path = fleet.directory / "pylock.tests.toml"
    path.write_text(lock.format(url=wheel.path.as_uri()))
    options: dict[str, Any] = {"path": str(fleet.repository), "locks": [str(path)], "prebuilt": False}
    played = fleet.module("repository", **options)
    assert played.code == 0, played.output
    with served(fleet.repository) as server:
        # The jobs get the wheel from the repository only.
        yield server, lock.format(url=f"https://files.invalid/{wheel.filename}")


@pytest.fixture
def machine() -> Iterator[Path]:
    """Return a directory for jobs whose parents nobody else may write, but for the sticky one of temporary files."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-ready-"))
    yield place
    shutil.rmtree(place)


def checkout(directory: Path, repository: tuple[Served, str]) -> dict[str, str]:
    """Put the files of a project into the directory, and return the ready jobs for it."""
    server, lock = repository
    jobs = rendered(repository=server.url, fleet_ansible=ANSIBLE, program=PROGRAM)
    for name, text in (("ci/python.yml", jobs["python.yml"]), ("locks/pylock.tests.toml", lock)):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_text(text)
    return jobs


def own_ansible(directory: Path) -> None:
    """Put a program that starts the Ansible of the tests where a job has installed its own."""
    program = directory / "bin" / "ansible-playbook"
    program.parent.mkdir(parents=True)
    program.write_text(
        f'#!/bin/sh\nANSIBLE_COLLECTIONS_PATH={shlex.quote(str(PROJECT / ".collections"))} exec {shlex.quote(ANSIBLE)} "$@"\n'
    )
    program.chmod(0o755)


def without_setup(script: str) -> str:
    lines = script.splitlines()
    kept = [line for line in lines if not any(words in line for words in SETS_UP)]
    assert len(kept) < len(lines)
    return "\n".join(kept)


def downloads(server: Served) -> list[str]:
    return [path for path, _authorization in server.asked if path.endswith((".tar.gz", ".whl"))]


def test_a_task_of_swarming(repository: tuple[Served, str], machine: Path) -> None:
    """As the bot does: a fresh directory, named caches that stay, prefixes of variables, and everything else removed."""
    server, _lock = repository
    named: dict[str, Path] = {}
    for number in (1, 2):
        run, temporary = machine / "w" / "ir", machine / "w" / "it"
        for directory in (run, temporary):
            directory.mkdir(parents=True)
        (request,) = json.loads(checkout(run, repository)["swarming-task.json"])["requests"]
        properties: dict[str, Any] = request["task_slices"][0]["properties"]
        for cache in properties["caches"]:
            place = run / cache["path"]
            place.parent.mkdir(parents=True, exist_ok=True)
            if cache["name"] in named:
                named[cache["name"]].rename(place)
            else:
                place.mkdir(mode=0o700)
        job = Job(run, variables={"SWARMING_TASK_ID": f"66f{number}", "TMPDIR": str(temporary), "HOME": str(machine / "home")})
        environment = job.environment
        for each in properties["env_prefixes"]:
            paths = [os.path.normpath(run / path) for path in each["value"]]
            environment[each["key"]] = os.pathsep.join([*paths, *([environment[each["key"]]] if each["key"] in environment else [])])
        server.asked.clear()
        status, printed = job.run(properties["command"], environment)
        assert status == 0 and f"ran with {run}/.hermetic-python/environments/tests-" in printed, printed
        assert len(downloads(server)) == (2 if number == 1 else 0)
        for cache in properties["caches"]:
            named[cache["name"]] = machine / cache["name"]
            (run / cache["path"]).rename(named[cache["name"]])
        shutil.rmtree(machine / "w")
    assert sorted(path.name for path in machine.iterdir()) == ["hermetic_artifacts", "hermetic_vpython"]


def test_a_job_of_github(repository: tuple[Served, str], machine: Path) -> None:
    """As the runner does: each step has what the files of the ones before it say."""
    temporary, workspace = machine / "_temp", machine / "project" / "project"
    temporary.mkdir()
    job = Job(workspace, variables={"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(temporary), "GITHUB_WORKSPACE": str(workspace)})
    own_ansible(temporary / "ansible")
    (document,) = yaml.safe_load(checkout(workspace, repository)["github.yml"])["jobs"].values()
    environment = {name: value.replace("${{ github.workspace }}", str(workspace)) for name, value in document["env"].items()}
    assert not any("${{" in value for value in environment.values())
    environment |= {"PATH": job.environment["PATH"], "ANSIBLE_VENV": str(temporary / "ansible")}
    printed = ""
    for number, step in enumerate(step for step in document["steps"] if "run" in step):
        if step["name"] == "Install Ansible":
            without_setup(step["run"])
            continue
        files = {name: temporary / f"{name.lower()}-{number}" for name in ("GITHUB_PATH", "GITHUB_ENV")}
        for file in files.values():
            file.touch()
        given = {**environment, **{name: str(file) for name, file in files.items()}}
        status, printed = job.run(["bash", "-e", "-c", step["run"]], given)
        assert status == 0, printed
        for line in files["GITHUB_PATH"].read_text().splitlines():
            environment["PATH"] = f"{line}{os.pathsep}{environment['PATH']}"
        environment |= dict(line.split("=", 1) for line in files["GITHUB_ENV"].read_text().splitlines())
    assert f"ran with {temporary}/.hermetic-python/environments/tests-" in printed
    assert json.loads(Path(environment["HERMETIC_BUILD_JSON"]).read_text())["format"] == 1
    # The runner removes its temporary directory; nothing of it is elsewhere but what is kept for the next job.
    assert job.left() == ["cache", "ci", "locks"]
    assert (workspace / "cache" / "hermetic" / "hermetic.python").is_dir()


def test_a_job_of_gitlab(repository: tuple[Served, str], machine: Path) -> None:
    """As the runner does in a container: directories that everybody may write, one shell for the scripts, another for what comes after."""
    builds = machine / "builds"
    project = builds / "group" / "project"
    jobs = checkout(project, repository)
    for directory in (project, project.parent, builds):
        directory.chmod(0o777)
    document = yaml.safe_load(jobs["gitlab-ci.yml"])["tests"]
    given = {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(project), "CI_BUILDS_DIR": str(builds)}
    for name, value in document["variables"].items():
        given[name] = value.replace("$CI_PROJECT_DIR", str(project))
    assert not any("$" in value for value in given.values())
    own_ansible(Path(given["ANSIBLE_VENV"]))
    job = Job(project, variables=given)
    script = without_setup("\n".join([*document["before_script"], *document["script"]]))
    status, printed = job.run(["sh", "-e", "-c", script])
    assert status == 0 and f"ran with {project}/.hermetic-python/environments/tests-" in printed, printed
    assert job.left() == [".hermetic-python", ".hermetic-python.env", ".hermetic-python.json", "cache", "ci", "locks"]
    status, printed = job.run(["sh", "-e", "-c", "\n".join(document["after_script"])])
    assert status == 0, printed
    assert job.left() == ["cache", "ci", "locks"]
    assert sorted(path.name for path in (builds / "group").iterdir()) == ["project"]
