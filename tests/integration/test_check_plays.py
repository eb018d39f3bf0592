# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks in real plays: options of the modules reach the host, their failures the user, and their secrets nobody."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from play_fleet import SYSTEM, Fleet
from plays import PROJECT, Played
from wheelhouse import Wheel

SECRET = "not-to-be-shown-1234"
FAILS = {"name": "smoke", "argv": ["{python}", "-c", "import os; print('said', os.environ['TOKEN']); raise SystemExit(3)"]}
PASSES = {"argv": ["{python}", "-c", "import alpha"], "timeout": 30}


@pytest.fixture
def place() -> Iterator[Path]:
    """Return a directory that the user of checks gets to."""
    made = Path(tempfile.mkdtemp(prefix="hermetic-checks-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_checks_guard_a_play_and_their_secrets_stay_secret(fleet: Fleet, place: Path, wheels: dict[str, Wheel]) -> None:
    root = place / "root"
    lock = fleet.lock("checked", wheels["alpha-1.0"])

    def task(**checks: Any) -> dict[str, Any]:
        return {SYSTEM: fleet.options(root=str(root), virtualenvs=[{"name": "web", "lock": lock, **checks}]), "ignore_errors": True}

    failing = {**FAILS, "environment": {"TOKEN": SECRET, "PORT": 80}}
    played = fleet.controller.play(
        [task(checks=[PASSES, failing]), task(checks_after=[failing]), task(checks=[PASSES], checks_after=[PASSES])]
    )
    assert played.code == 0, played.output
    before, after, passed = (each["result"] for each in played.results)
    assert (before["switched_back"], before["generation"]) == (False, {"before": None, "after": None})
    assert "check 'smoke'" in before["msg"] and "ended with exit code 3" in before["msg"] and "said ********" in before["msg"]
    assert (after["switched_back"], after["failed_generation"]) == (True, 1)
    assert passed["generation"] == {"before": None, "after": 1}
    assert [(each["when"], each["passed"]) for each in passed["checks"]] == [("before", True), ("after", True)]
    assert SECRET not in played.output and SECRET not in json.dumps(played.results)
    assert os.readlink(root / "current") == "generations/1"


def test_a_rollback_says_whether_what_it_went_back_to_is_healthy(fleet: Fleet, place: Path, wheels: dict[str, Wheel]) -> None:
    root = place / "root"
    locks = [fleet.lock("old", wheels["alpha-1.0"]), fleet.lock("new", wheels["alpha-1.0"], wheels["beta-1.0"])]
    made = [{SYSTEM: fleet.options(root=str(root), virtualenvs=[{"name": "web", "lock": lock}])} for lock in locks]
    assert fleet.controller.play(made).code == 0
    options = fleet.options()
    variables = {f"system_bundle_{name}": options[name] for name in ("repository", "find_links", "bundles")}

    def rollback(*checks: dict[str, Any], **more: str) -> Played:
        declared = {"name": "web", "lock": locks[1], "checks": [PASSES], "checks_after": list(checks)}
        hosts = {"here": {**variables, "system_bundle_root": str(root), "system_bundle_virtualenvs": [declared]}}
        words = [word for name, value in more.items() for word in ("-e", f"rollback_{name}={value}")]
        playbook = PROJECT / "playbooks" / "rollback.yml"
        return fleet.controller.play(None, "-e", "rollback_hosts=all", *words, playbook=playbook, hosts=hosts)

    # The declaration is that of the release that was left.
    ill = rollback({"name": "beta", "argv": ["{python}", "-c", "import beta"]}, run_checks="true")
    assert ill.code == 2, ill.output
    assert "Generation 1 is in force, and it is not healthy: virtualenv:web: ended with exit code 1: ModuleNotFoundError" in ill.last["msg"]
    assert os.readlink(root / "current") == "generations/1"
    healthy = rollback(PASSES, run_checks="true", generation="1")
    assert healthy.code == 0, healthy.output
    looked = [each["result"] for each in healthy.results if "checks" in each["result"]]
    assert [each["passed"] for each in looked[-1]["checks"]] == [True, True]


def test_checks_that_cannot_be_used_are_refused_before_any_host_is_reached(fleet: Fleet, tmp_path: Path) -> None:
    options = fleet.options(
        root=str(tmp_path / "r"),
        bundles=[{"name": "python", "channel": "stable", "checks": [{"argv": ["{home}"]}, {"argv": ["x"], "user": "root"}]}],
    )
    played = fleet.module("system", **options)
    assert played.code == 2
    assert len(played.last["errors"]) == 2, played.last
    unknown, privileged = played.last["errors"]
    assert "{python} and {prefix}" in unknown and "expected a user without privileges" in privileged
    assert not (tmp_path / "r").exists()
