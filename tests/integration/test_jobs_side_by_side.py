# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jobs on one machine: of an unprivileged user, many at once from one repository and one cache, and one that is killed."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from jobs import ANSIBLE, LIMIT, NOBODY, Job, kill
from play_fleet import Fleet
from roots import Archive, output
from supply_samples import served
from wheelhouse import Wheel

JOBS = 8


@pytest.fixture(scope="module")
def mirror(tmp_path_factory: pytest.TempPathFactory, bundle_archive: Archive, wheels: dict[str, Wheel]) -> Iterator[Path]:
    """Return a directory that everybody may read and nobody may write: a repository, wheels, a lock and a playbook."""
    fleet = Fleet(tmp_path_factory.mktemp("mirror"), [bundle_archive], wheels)
    place = Path(tempfile.mkdtemp(prefix="hermetic-mirror-"))
    shutil.copytree(fleet.repository, place / "repository")
    shutil.copytree(wheels["alpha-1.0"].path.parent, place / "wheels")
    shutil.copy(fleet.directory / "one-requirements.txt", place / "one-requirements.txt")
    given = {
        "build_python_repository": "{{ lookup('env', 'REPOSITORY') or playbook_dir ~ '/repository' }}",
        "build_python_find_links": ["{{ playbook_dir }}/wheels"],
        "build_python_virtualenvs": [{"name": "one", "lock": "one-requirements.txt"}],
        "build_python_jobs": 1,
    }
    roles = [{"role": "hermetic.python.build_python", "vars": given}]
    # On a host of an inventory, which the play says to be this machine.
    play = {"hosts": "builder", "connection": "local", "gather_facts": False, "roles": roles}
    (place / "python.yml").write_text(yaml.safe_dump([play]))
    for path in [place, *place.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    yield place
    for path in place.rglob("*"):
        if path.is_dir():
            path.chmod(0o755)
    place.chmod(0o755)
    shutil.rmtree(place)


@pytest.fixture
def machine() -> Iterator[Path]:
    """Return the directory of a machine's jobs, which every user may enter."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-jobs-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


def gitlab(directory: Path, **more: str) -> dict[str, str]:
    return {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(directory), **more}


def command(mirror: Path, *arguments: str) -> list[str]:
    return [ANSIBLE, "-i", "builder,", str(mirror / "python.yml"), *arguments]


def describe(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((job.directory / ".hermetic-python.json").read_text())
    return found


@pytest.mark.root
@pytest.mark.skipif(shutil.which("setpriv") is None, reason="there is no setpriv, which makes a process one of another user")
def test_a_user_without_privileges_takes_it_from_a_mirror_that_he_can_only_read(mirror: Path, machine: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in mirror.rglob("*")}
    job = Job(machine / "job", as_nobody=True, variables=gitlab(machine / "job"))
    status, printed = job.run(command(mirror))
    assert status == 0, printed
    assert {path.lstat().st_uid for path in job.directory.rglob("*")} == {NOBODY}
    asked = job.run([describe(job)["virtualenvs"]["one"]["bin"] + "/alpha"])
    assert asked[0] == 0 and asked[1].startswith("alpha ")
    status, printed = job.run(command(mirror, "-e", "build_python_state=absent"))
    assert status == 0, printed
    assert job.left() == []
    assert {path: path.stat().st_mtime_ns for path in mirror.rglob("*")} == before


def test_jobs_at_once_fetch_each_file_once_and_leave_nothing(mirror: Path, machine: Path) -> None:
    (machine / "home").mkdir()
    with served(mirror / "repository") as server:
        shared = {"REPOSITORY": server.url, "HOME": str(machine / "home")}
        jobs = [Job(machine / f"job-{number}", variables=gitlab(machine / f"job-{number}", **shared)) for number in range(JOBS)]
        started = [job.start(command(mirror)) for job in jobs]
        ended = [(process.communicate(timeout=LIMIT)[0], process.returncode) for process in started]
        assert [printed for printed, status in ended if status != 0] == []
        fetched = Counter(path for path, _authorization in server.asked if path.endswith((".tar.gz", ".whl")))
    assert set(fetched.values()) == {1}
    for job in jobs:
        described = describe(job)
        assert output([described["virtualenvs"]["one"]["bin"] + "/alpha"]).startswith("alpha ")
        assert described["root"] == str(job.directory / ".hermetic-python")
    started = [job.start(command(mirror, "-e", "build_python_state=absent")) for job in jobs[:2]]
    assert [printed for process in started for printed in [process.communicate(timeout=LIMIT)[0]] if process.returncode != 0] == []
    assert [job.left() for job in jobs[:2]] == [[], []]
    # Beside those that are still in use.
    assert output([describe(jobs[2])["python"]["executable"], "-c", "print(1)"]) == "1\n"


def killed(job: Job, mirror: Path, reached: str) -> Path:
    """Kill the run of a job as soon as there is something in its root that matches; return the root."""
    root = job.directory / ".hermetic-python"
    process = job.start(command(mirror))
    end = time.monotonic() + LIMIT
    while not list(job.directory.glob(f"{root.name}{reached}")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)
    kill(process)
    assert root.exists()
    return root


def test_a_job_that_is_killed_is_no_obstacle_for_the_next(mirror: Path, machine: Path) -> None:
    job = Job(machine / "job", variables=gitlab(machine / "job"))
    killed(job, mirror, "/environments")
    # Another job of the same user meanwhile, with the same cache and record.
    other = Job(machine / "other", variables=gitlab(machine / "other", HOME=job.environment["HOME"]))
    for each in (other, job):
        status, printed = each.run(command(mirror))
        assert status == 0, printed
        assert output([describe(each)["virtualenvs"]["one"]["bin"] + "/alpha"]).startswith("alpha ")
    status, printed = job.run(command(mirror, "-e", "build_python_state=absent"))
    assert status == 0 and job.left() == [], printed


@pytest.mark.parametrize("reached", ["", "/.bootstrap-*/tree/bin", "/state/lock"])
def test_what_a_killed_job_left_goes_when_it_is_forced(mirror: Path, machine: Path, reached: str) -> None:
    job = Job(machine / "job", variables=gitlab(machine / "job"))
    killed(job, mirror, reached)
    status, printed = job.run(command(mirror, "-e", "build_python_state=absent", "-e", "build_python_force=true"))
    assert status == 0, printed
    assert job.left() == []
