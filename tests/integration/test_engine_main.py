# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine by hand: one document in, one out, an exit code that tells, and nothing secret in either."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.engine_zip import engine_zip
from host_samples import digest

BUNDLE = {"name": "python", "release": "3.12.1+1", "sha256": digest("bundle"), "default": True}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("engine") / "engine.zip"
    path.write_bytes(engine_zip())
    return path


def by_hand(engine: Path, given: Any) -> subprocess.CompletedProcess[str]:
    text = given if isinstance(given, str) else json.dumps(given)
    return subprocess.run([sys.executable, "-I", str(engine)], input=text, capture_output=True, text=True, check=False, timeout=60)


def request(tmp_path: Path, command: str, **parts: Any) -> dict[str, Any]:
    return {"format": 1, "command": command, "root": str(tmp_path / "root"), **parts}


@pytest.mark.parametrize("text", ["", "{", "hello", '{"a": }'])
def test_no_json_is_a_failure_without_a_result(engine: Path, text: str) -> None:
    done = by_hand(engine, text)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no JSON request" in done.stderr
    assert "Traceback" not in done.stderr


def of_shell(engine: Path, document: Any, redirections: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "-c", f'exec "$0" -I "$1" {redirections}', sys.executable, str(engine)]
    return subprocess.run(command, input=json.dumps(document), capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
def test_a_result_that_cannot_be_written_is_a_failure_in_words(engine: Path, tmp_path: Path, redirection: str) -> None:
    done = of_shell(engine, request(tmp_path, "drift"), redirection)
    assert (done.returncode, done.stdout) == (1, "")
    assert "The result could not be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("redirection", ["2>/dev/full", "2>&-"])
def test_progress_that_nobody_can_read_fails_nothing(engine: Path, tmp_path: Path, redirection: str) -> None:
    (tmp_path / "python.tar.gz").write_bytes(b"no archive")
    bundle = {**BUNDLE, "sha256": digest("no archive")}
    artifact = {"filename": "python.tar.gz", "size": 10, "sources": [str(tmp_path / "python.tar.gz")]}
    document = request(tmp_path, "converge", declaration={"bundles": [bundle]}, artifacts={bundle["sha256"]: artifact})
    done = of_shell(engine, document, redirection)
    assert "corrupt" in json.loads(done.stdout)["msg"]


def test_a_closed_standard_input_is_a_failure_in_words(engine: Path) -> None:
    done = of_shell(engine, {}, "<&-")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no JSON request" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("document", [[], 7, "x", None, {}, {"format": 1}, {"format": 1, "command": "drift", "root": 3}])
def test_an_impossible_request_is_a_failure_with_a_result(engine: Path, document: object) -> None:
    done = by_hand(engine, json.dumps(document))
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["failed"], result["changed"]) == (True, False)
    assert result["errors"]
    assert "Traceback" not in done.stderr


def test_drift_of_nothing_is_clean(engine: Path, tmp_path: Path) -> None:
    done = by_hand(engine, request(tmp_path, "drift"))
    assert done.returncode == 0
    assert json.loads(done.stdout)["findings"] == []
    assert not (tmp_path / "root").exists()


def test_drift_with_findings_is_2_and_writes_nothing(engine: Path, tmp_path: Path) -> None:
    done = by_hand(engine, request(tmp_path, "drift", declaration={"bundles": [BUNDLE]}))
    assert done.returncode == 2
    result = json.loads(done.stdout)
    assert [finding["subject"] for finding in result["findings"]] == ["bundle:python"]
    assert sorted(result) == ["bundles", "changed", "diff", "findings", "generation", "plan", "timings", "warnings"]
    assert not (tmp_path / "root").exists()


def test_check_mode_is_0_and_writes_nothing(engine: Path, tmp_path: Path) -> None:
    done = by_hand(engine, request(tmp_path, "converge", check=True, declaration={"bundles": [BUNDLE]}))
    assert done.returncode == 0
    result = json.loads(done.stdout)
    assert result["changed"]
    assert [step["action"] for step in result["plan"]] == ["install_bundle", "switch"]
    assert result["generation"] == {"before": None, "after": 1}
    assert result["diff"]["before"] == ""
    assert "bundle:python 3.12.1+1" in result["diff"]["after"]
    assert not (tmp_path / "root").exists()


def test_what_cannot_be_found_is_named_and_leaves_no_generation(engine: Path, tmp_path: Path) -> None:
    secret = "hunter2"
    document = request(
        tmp_path,
        "converge",
        declaration={"bundles": [BUNDLE], "virtualenvs": [{"name": "one", "bundle": "python", "wheels": [digest("w")]}]},
        artifacts={
            digest("bundle"): {
                "filename": "python.tar.gz",
                "size": 1,
                "sources": ["/nowhere/python.tar.gz", f"http://me:{secret}@127.0.0.1:9/python.tar.gz"],
            },
            digest("w"): {"filename": "w-1.0-py3-none-any.whl", "size": 1, "sources": []},
        },
        options={"retries": 0, "timeout": 2},
        credentials={"127.0.0.1": {"username": "me", "password": secret}},
    )
    done = by_hand(engine, document)
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert {need["filename"] for need in result["needs"]} == {"python.tar.gz", "w-1.0-py3-none-any.whl"}
    assert secret not in done.stdout + done.stderr
    left = [path for path in (tmp_path / "root").rglob("*") if path.is_file()]
    assert {path.name for path in left} <= {"lock", "root.json", "python.tar.gz.part"}
    assert not any(secret in path.read_text() for path in left)
    assert by_hand(engine, request(tmp_path, "drift")).returncode == 0


def test_progress_goes_to_standard_error(engine: Path, tmp_path: Path) -> None:
    (tmp_path / "python.tar.gz").write_bytes(b"no archive")
    bundle = {**BUNDLE, "sha256": digest("no archive")}
    artifact = {"filename": "python.tar.gz", "size": 10, "sources": [str(tmp_path / "python.tar.gz")]}
    done = by_hand(engine, request(tmp_path, "converge", declaration={"bundles": [bundle]}, artifacts={bundle["sha256"]: artifact}))
    assert done.returncode == 1
    assert "fetch 1 artifact" in done.stderr
    assert "corrupt" in json.loads(done.stdout)["msg"]
    assert not list((tmp_path / "root/bundles").iterdir())
