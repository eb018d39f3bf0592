# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role build_python in real plays: the Python of a job, what it tells the job, and that nothing stays."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from pathlib import Path
from typing import Any

from play_fleet import Fleet
from plays import Played
from programs import write_program
from roots import output

ROLE = "hermetic.python.build_python"
NO_JOB: dict[str, Any] = dict.fromkeys(
    ("GITHUB_ACTIONS", "GITLAB_CI", "SWARMING_TASK_ID", "RUNNER_TEMP", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"), ""
)


def variables(fleet: Fleet, **others: Any) -> dict[str, Any]:
    """Return the variables of a job with the VirtualEnvs two and one, in this order."""
    return {
        "build_python_repository": str(fleet.repository),
        "build_python_find_links": [str(fleet.wheels["alpha-1.0"].path.parent)],
        "build_python_virtualenvs": [{"name": name, "lock": str(fleet.directory / f"{name}-requirements.txt")} for name in ("two", "one")],
        **others,
    }


def play(fleet: Fleet, *arguments: str, environment: dict[str, str] | None = None, **others: Any) -> Played:
    """Run the role on this machine, as a job does."""
    played = fleet.controller.play(
        None, *arguments, play={"roles": [ROLE], "vars": variables(fleet, **others)}, **{**NO_JOB, **(environment or {})}
    )
    assert played.code == 0, played.output
    return played


def changes(played: Played) -> list[dict[str, Any]]:
    return [each["result"] for each in played.results if each["result"].get("changed")]


def below(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_job_gets_its_python_and_the_second_run_changes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    root = tmp_path / "job" / "python"
    given: dict[str, Any] = {"build_python_root": str(root), "build_python_dotenv": str(tmp_path / "job" / "python.env")}
    secret = "hunter2secret"
    credentials = {"localhost": {"username": "me", "password": secret}}
    first = play(
        fleet, "-vvv", **given, build_python_credentials=credentials, build_python_index_url=f"https://me:{secret}@localhost/simple"
    )
    assert changes(first)
    assert secret not in first.output
    assert [path for path in tmp_path.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()] == []
    document = json.loads((tmp_path / "job" / "python.json").read_text())
    assert document["format"] == 1 and document["root"] == str(root)
    assert document["path"] == [str(root / "envs/two/bin"), str(root / "envs/one/bin"), str(root / "bin")]
    assert list(document["virtualenvs"]) == ["two", "one"]
    assert output([document["virtualenvs"]["one"]["bin"] + "/alpha"]).startswith("alpha ")
    asked = "import platform, sys; print(platform.python_version(), sys.prefix)"
    version, prefix = output([document["python"]["executable"], "-c", asked]).split()
    assert (version, prefix) == (document["python"]["version"], document["bundles"]["python"]["prefix"])
    assert output([document["virtualenvs"]["one"]["python"], "-c", asked]).split()[1] == document["virtualenvs"]["one"]["tree"]
    sourced = output(["sh", "-c", f". {shlex.quote(given['build_python_dotenv'])} && echo $HERMETIC_BUILD_PATH"])
    assert sourced.strip() == ":".join(document["path"])
    written = (tmp_path / "job" / "python.json").stat()
    again = play(fleet, **given)
    assert changes(again) == []
    assert (tmp_path / "job" / "python.json").stat().st_ino == written.st_ino


def test_absent_leaves_nothing_neither_on_the_host_nor_on_the_controller(fleet: Fleet, tmp_path: Path) -> None:
    job = tmp_path / "job"
    job.mkdir()
    given: dict[str, Any] = {"build_python_root": str(job / "python"), "build_python_dotenv": str(job / "python.env")}
    state: dict[str, Any] = {"environment": {"XDG_STATE_HOME": str(tmp_path / "state")}}
    play(fleet, **given, **state)
    assert below(job) == ["python", "python.env", "python.json"]
    record = tmp_path / "state" / "hermetic.python" / "known-manifests.sqlite"
    assert str(job).encode() in record.read_bytes()
    foreseen = play(fleet, "--check", **given, build_python_state="absent", **state)
    assert len(changes(foreseen)) == 2 and len(below(job)) == 3
    play(fleet, **given, build_python_state="absent", **state)
    assert below(job) == []
    assert _remembered(record, job) == []
    assert changes(play(fleet, **given, build_python_state="absent", **state)) == []


def _remembered(record: Path, job: Path) -> list[Any]:
    import sqlite3

    with sqlite3.connect(record) as database:
        return database.execute("SELECT * FROM manifests WHERE scope LIKE ?", (f"{job}%",)).fetchall()


def test_check_mode_foresees_a_job_and_makes_nothing(fleet: Fleet, tmp_path: Path) -> None:
    given: dict[str, Any] = {"build_python_root": str(tmp_path / "python"), "build_python_dotenv": str(tmp_path / "env")}
    foreseen = play(fleet, "--check", **given)
    assert [step["action"] for step in changes(foreseen)[0]["plan"]] == [
        "install_bundle",
        "build_environment",
        "build_environment",
        "switch",
    ]
    assert below(tmp_path) == []


def test_a_virtualenv_may_be_that_of_a_program_which_says_what_it_needs(fleet: Fleet, tmp_path: Path) -> None:
    program = write_program(tmp_path / "project", [fleet.wheels["alpha-1.0"], fleet.wheels["beta-1.0"]], name="report.py")
    root = tmp_path / "job" / "python"
    play(fleet, build_python_root=str(root), build_python_virtualenvs=[{"name": "report", "spec": str(program)}])
    document = json.loads((tmp_path / "job" / "python.json").read_text())
    assert output([document["virtualenvs"]["report"]["bin"] + "/alpha"]).startswith("alpha ")


def test_a_step_of_github_gets_the_directories_in_the_order_that_the_runner_reverses(fleet: Fleet, tmp_path: Path) -> None:
    files: dict[str, Any] = {"build_python_github_path": str(tmp_path / "path"), "build_python_github_env": str(tmp_path / "env")}
    job = {"GITHUB_ACTIONS": "true", "RUNNER_TEMP": str(tmp_path / "temp")}
    (tmp_path / "path").write_text("/earlier\n")
    (tmp_path / "env").write_text("EARLIER=1\n")
    play(fleet, environment=job, **files)
    root = tmp_path / "temp" / ".hermetic-python"
    assert (tmp_path / "path").read_text().splitlines() == ["/earlier", f"{root}/bin", f"{root}/envs/one/bin", f"{root}/envs/two/bin"]
    given = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
    assert given["EARLIER"] == "1" and given["HERMETIC_BUILD_ROOT"] == str(root)
    assert json.loads(Path(given["HERMETIC_BUILD_JSON"]).read_text())["variables"].items() <= given.items()


def test_a_program_of_the_job_that_still_runs_is_named_and_its_root_stays_unless_forced(fleet: Fleet, tmp_path: Path) -> None:
    root = tmp_path / "python"
    given: dict[str, Any] = {"build_python_root": str(root), "build_python_virtualenvs": []}
    play(fleet, **given)
    with subprocess.Popen([root / "bin/python", "-c", "input()"], stdin=subprocess.PIPE) as running:
        refused = fleet.controller.play(
            play={"roles": [ROLE], "vars": variables(fleet, **given, build_python_state="absent")},
        )
        assert refused.code != 0 and str(running.pid) in refused.last["msg"]
        assert (root / "bin/python").exists() and (tmp_path / "python.json").exists()
        play(fleet, **given, build_python_state="absent", build_python_force=True)
        assert below(tmp_path) == []
        running.communicate(b"\n", timeout=60)


def test_a_deep_directory_holds_a_python_that_works(fleet: Fleet, tmp_path: Path) -> None:
    job = tmp_path / "/".join(["a-deep-job-directory-of-Jörg@2-" * 6] * 17)
    job.mkdir(parents=True)
    given = {
        "build_python_root": str(job / "python"),
        "build_python_dotenv": str(job / "an env"),
        "build_python_virtualenvs": _only_one(fleet),
    }
    assert len(os.fsencode(given["build_python_root"])) > 3000
    play(fleet, **given)
    document = json.loads((job / "python.json").read_text())
    # By its first line, of which a kernel reads 127 bytes.
    assert output([document["virtualenvs"]["one"]["bin"] + "/alpha"]).startswith("alpha ")
    sourced = f". {shlex.quote(str(job / 'an env'))}; PATH=$HERMETIC_BUILD_PATH:$PATH; python -c 'import alpha, sys; print(sys.prefix)'"
    assert output(["sh", "-c", sourced]).strip() == document["virtualenvs"]["one"]["tree"]
    play(fleet, **given, build_python_state="absent")
    assert below(job) == []


def _only_one(fleet: Fleet) -> Any:
    return variables(fleet)["build_python_virtualenvs"][1:]


def test_places_that_a_job_could_not_use_are_refused_before_anything_is_made(fleet: Fleet, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "build_python_root": f"{tmp_path}/my job",
        "build_python_json": "python.json",
        "build_python_dotenv": f"{tmp_path}/my job/env",
    }
    for state in ("present", "absent"):
        played = fleet.controller.play(play={"roles": [ROLE], "vars": variables(fleet, **given, build_python_state=state)})
        assert played.code != 0
        for words in ("white space", "build_python_json: python.json is no absolute path", "lies in the root"):
            assert words in " ".join(played.output.split())
    assert below(tmp_path) == []


def test_on_another_host_the_root_must_be_given(fleet: Fleet) -> None:
    played = fleet.controller.play(
        hosts={"there": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1"}},
        play={"roles": [ROLE], "vars": variables(fleet)},
        **{**NO_JOB, "GITLAB_CI": "true", "CI_PROJECT_DIR": "/builds/a"},
    )
    assert played.code != 0 and "another machine than the controller" in played.output
    assert "Failed to connect" not in played.output
