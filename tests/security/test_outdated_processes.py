# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which real processes run from older trees: all of them are found, no secret of theirs is shown, and what cannot be seen is said."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from roots import Archive, Declared, Engine, Root
from wheelhouse import Wheel

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")

SECRET = "hunter2-is-a-secret"
WAIT = "import sys; print('up', flush=True); sys.stdin.read()"


@contextmanager
def running(*command: str, **settings: Any) -> Iterator[int]:
    """Run a program that waits, which has said that it is up."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, **settings) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        try:
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def root(make_root: Callable[[Path, Declared], Root], bundle_archive: Archive, wheels: dict[str, Wheel], tmp_path: Path) -> Root:
    """Return a converged root with two environments."""
    made = make_root(tmp_path / "r", Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"]], "two": [wheels["gamma-1.0"]]}))
    made.converge()
    return made


def asked(root: Root, command: str = "info") -> dict[str, Any]:
    """Return the processes of a root."""
    result = root.run(command, options={"processes": True})
    assert not result.get("failed"), result
    found: dict[str, Any] = result["processes"]
    return found


def trees_by_pid(found: dict[str, Any]) -> dict[int, list[tuple[str, str]]]:
    return {each["pid"]: [(tree["subject"], tree["state"]) for tree in each["trees"]] for each in found["outdated"]}


def test_what_runs_from_an_older_generation_is_named_until_it_is_restarted(
    root: Root, wheels: dict[str, Wheel], later_bundle_archive: Archive, tmp_path: Path
) -> None:
    script = tmp_path / "serve.py"
    script.write_text(WAIT)
    old = root.environment("one")
    stable = [str(root.path / "envs" / name / "bin" / "python") for name in ("one", "two")]
    with (
        running(stable[0], str(script), "--password", SECRET, cwd="/") as one,
        running(stable[1], "-c", WAIT, SECRET, cwd="/") as two,
        running(str(root.path / "bin" / "python"), "-c", WAIT, cwd=old) as system,
    ):
        assert asked(root)["outdated"] == []
        root.converge(root.declared.but(one=[wheels["alpha-1.0"], wheels["beta-1.0"]]))
        found = asked(root)
        # The current directory of the third is in the older tree, from which it runs nothing.
        (process,) = found["outdated"]
        # This machine may have processes that even root cannot examine.
        assert (process["pid"], found["number"], found["complete"]) == (one, 1, not found["unknown"])
        assert process["command"].endswith(f"{old}/bin/python {script}")
        assert re.fullmatch(r"2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\dZ", process["since"]) and process["user"]
        assert process["trees"] == [
            {
                "subject": "virtualenv:one",
                "tree": f"environments/{old.name}",
                "release": next(iter(root.declared.bundles.values())).release,
                "state": "older",
                "generations": [1],
                "in_force": f"environments/{root.environment('one').name}",
            }
        ]
        assert SECRET not in json.dumps(found)
        root.declared = Declared({"python": later_bundle_archive}, root.declared.virtualenvs)
        root.converge()
        found = asked(root)
        both = ("bundle:python", "older")
        assert trees_by_pid(found) == {
            one: [both, ("virtualenv:one", "older")],
            two: [both, ("virtualenv:two", "older")],
            system: [both],
        }
        assert [each["command"].rpartition(" ")[2] for each in found["outdated"]].count("-c") == 2
        result = root.run("drift", options={"processes": True})
        findings = [each for each in result["findings"] if each["kind"] == "outdated_process" and each["subject"] != "processes"]
        # The bundle of an outdated environment is not counted again.
        assert [(each["subject"], each["cause"], each["severity"]) for each in findings] == [
            ("bundle:python", "pending", "medium"),
            ("virtualenv:one", "pending", "medium"),
            ("virtualenv:two", "pending", "medium"),
        ]
        assert [f"pid {pid} " in each["actual"] for pid, each in zip((system, one, two), findings, strict=True)] == [True] * 3
        assert SECRET not in json.dumps(result)
        assert "processes" not in root.run("drift") and root.drift() == []
        # A rollback makes the older tree the one in force again.
        root.generation("activate", 1)
        assert asked(root)["outdated"] == []
    assert asked(root)["outdated"] == []


def test_a_tree_that_is_gone_or_was_reinstalled_is_found_in_memory(root: Root, wheels: dict[str, Wheel]) -> None:
    stable = str(root.path / "envs" / "one" / "bin" / "python")
    with running(stable, "-c", WAIT, cwd="/") as process:
        module = next(root.bundle().glob("lib/python*/json/__init__.py"))
        module.write_text("changed\n")
        root.converge()
        found = asked(root)
        assert trees_by_pid(found) == {process: [("bundle:python", "replaced")]}, found
        assert found["outdated"][0]["trees"][0]["in_force"] == found["outdated"][0]["trees"][0]["tree"]
        old = root.environment("one")
        root.converge(root.declared.but(one=[wheels["beta-1.0"]]))
        root.run("generation", generation={"action": "prune"}, options={"keep_generations": 1})
        assert old.is_dir(), "pruning keeps what a process runs from"
        shutil.rmtree(old)
        assert (("virtualenv:one", "removed")) in trees_by_pid(asked(root))[process]


@pytest.mark.root
def test_who_may_not_see_everything_says_so(
    make_root: Callable[[Path, Declared], Root], engine: Engine, bundle_archive: Archive, wheels: dict[str, Wheel]
) -> None:
    # Other users do not get into the directories of the tests.
    with tempfile.TemporaryDirectory(prefix="hermetic-outdated-") as place:
        os.chmod(place, 0o755)
        root = make_root(Path(place) / "r", Declared({"python": bundle_archive}, {"one": [wheels["alpha-1.0"]]}))
        root.converge()
        archive = shutil.copy(engine.archive, place)
        os.chmod(archive, 0o644)
        answers = {}
        with running(str(root.path / "envs" / "one" / "bin" / "python"), "-c", WAIT, cwd="/"):
            root.converge(root.declared.but(one=[wheels["beta-1.0"]]))
            for command in ("info", "drift"):
                answers[command] = as_nobody(
                    [str(root.path / "bin" / "python"), "-I", archive],
                    {"format": 1, "command": command, "root": str(root.path), "options": {"processes": True}},
                )
    for answer in answers.values():
        processes = answer["processes"]
        assert processes["outdated"] == [] and processes["complete"] is False and processes["unknown"] > 0, answer
        assert any("could not be examined" in each for each in answer["warnings"])
    (finding,) = [each for each in answers["drift"]["findings"] if each["kind"] == "outdated_process"]
    assert (finding["subject"], finding["severity"], finding["path"]) == ("processes", "low", None)


def as_nobody(command: list[str], request: dict[str, Any]) -> dict[str, Any]:
    """Carry a request out as a user without any rights."""
    done = subprocess.run(
        command,
        input=json.dumps(request),
        capture_output=True,
        text=True,
        check=False,
        user=65534,
        group=65534,
        extra_groups=[],
        cwd="/",
    )
    answer: dict[str, Any] = json.loads(done.stdout or "{}")
    assert answer and not answer.get("failed"), (done.stdout, done.stderr)
    return answer


@pytest.mark.root
def test_another_directory_at_the_same_path_is_not_this_root(root: Root, wheels: dict[str, Wheel], tmp_path: Path) -> None:
    """What a container has at the path of the root is its own, unless the root itself is mounted there."""
    if shutil.which("unshare") is None or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs mount namespaces")
    python = str(root.environment("one") / "bin" / "python")
    copy = tmp_path / "copy"
    shutil.copytree(root.path, copy, symlinks=True)
    inside = f'mount --bind {copy} {root.path} && exec {python} -c "{WAIT}"'
    with (
        running("unshare", "-m", "sh", "-c", inside, cwd="/") as other,
        running("unshare", "-m", "sh", "-c", f'exec {python} -c "{WAIT}"', cwd="/") as same,
    ):
        root.converge(root.declared.but(one=[wheels["beta-1.0"]]))
        found = trees_by_pid(asked(root))
    assert same in found and other not in found


@pytest.mark.parametrize("name", ["/opt/x/environments/one-000000000000/bin/python", "bundles"])
def test_a_name_that_a_process_gives_itself_is_no_proof(root: Root, wheels: dict[str, Wheel], name: str) -> None:
    old = root.environment("one")
    root.converge(root.declared.but(one=[wheels["beta-1.0"]]))
    claimed = str(old / "bin" / "python") if name == "bundles" else name
    with running(claimed, "-c", WAIT, cwd="/", executable=sys.executable):
        assert asked(root)["outdated"] == []
