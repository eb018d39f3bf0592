# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workflows run commands that exist, with few permissions, and every part of ``make test``; ``make lint`` holds them against the schema."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).resolve().parents[3]
MAKEFILE = (PROJECT / "Makefile").read_text(encoding="utf-8")
WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))
TARGETS = set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, flags=re.MULTILINE))
ASSIGNED = re.compile(r"[A-Z_]+=")
ELSEWHERE = {"integration-newer": "integration", "molecule-quick": "molecule"}
"""Parts of ``make test`` whose work a workflow does with another command, on several Pythons and with all scenarios."""


def _read(path: Path) -> dict[Any, Any]:
    read: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


def _steps(workflow: dict[Any, Any]) -> Iterator[dict[str, Any]]:
    for job in workflow["jobs"].values():
        yield from job["steps"]


def _make_commands(script: str) -> list[list[str]]:
    """Return the words after each ``make`` that the script runs, also behind ``sudo`` and ``env``."""
    found = []
    for command in re.split(r"&&|\|\||[;|\n]", script):
        words = command.split()
        while words and (words[0] in ("sudo", "env") or ASSIGNED.match(words[0])):
            words = words[1:]
        if words[:1] == ["make"]:
            found.append(words[1:])
    return found


def _unknown(script: str) -> set[str]:
    """Return the targets and variables that the script gives to make and the Makefile does not have."""
    words = {word for command in _make_commands(script) for word in command}
    variables = {word.partition("=")[0] for word in words if ASSIGNED.match(word)}
    used = set(re.findall(r"^([A-Z_]+) [?:]?=", MAKEFILE, flags=re.MULTILINE))
    return {word for word in words if not ASSIGNED.match(word)} - TARGETS | variables - used


def test_a_command_that_does_not_exist_is_noticed() -> None:
    assert _unknown('sudo env PATH="$PATH" make unit nothing PYTHON=python3 PYTON=x\necho && make lint\napt-get install make git') == {
        "nothing",
        "PYTON",
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_what_exists_with_few_permissions(path: Path) -> None:
    workflow = _read(path)
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert "permissions" not in job, name
        assert job["timeout-minutes"] <= 90, name
    for step in _steps(workflow):
        action = step.get("uses")
        assert action is None or re.fullmatch(r"[\w.-]+/[\w./-]+@(v\d+|[0-9a-f]{40})", action), (
            "an action is pinned by major version or digest"
        )
        if action and action.startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False
        script = step.get("run", "")
        assert _unknown(script) == set()
        files = set(re.findall(r"(?<![\w/])(?:requirements|playbooks)[\w./-]*\.(?:txt|yml)", script))
        assert {name for name in files if not (PROJECT / name).is_file()} == set()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_says_that_it_was_not_run_here(path: Path) -> None:
    head = path.read_text(encoding="utf-8").partition("\nname:")[0]
    assert "# Not verified by the project's own tests" in head


def test_every_part_of_make_test_is_in_a_workflow() -> None:
    parts = " ".join(re.findall(r"^TEST_[A-Z_]+ = (.*)", MAKEFILE, flags=re.MULTILINE)).split()
    assert set(parts) >= {"lint", "unit", "windows", "fleet"}
    run = {
        word for path in WORKFLOWS for step in _steps(_read(path)) for command in _make_commands(step.get("run", "")) for word in command
    }
    assert {ELSEWHERE.get(part, part) for part in parts} - run == set()


def test_dependabot_looks_at_what_is_pinned() -> None:
    updates = {(update["package-ecosystem"], update["directory"]) for update in _read(PROJECT / ".github" / "dependabot.yml")["updates"]}
    assert updates == {("github-actions", "/"), ("pip", "/requirements")}
    assert list((PROJECT / "requirements").glob("*.txt"))


def _checks(target: str) -> set[str]:
    """Return what the recipes of a target and of what it takes start out of the environment, in the words that tell them apart."""
    head, _, rest = re.split(rf"^{target}: ", MAKEFILE, flags=re.MULTILINE)[1].partition("\n")
    recipe = re.split(r"^[^\t]", rest, flags=re.MULTILINE)[0]
    own = {_check(line) for line in re.findall(r"\$\(VENV\)/bin/(.*)", recipe)}
    return own.union(*(_checks(word) for word in head.partition(" ##")[0].split() if word in TARGETS))


def _check(command: str) -> str:
    words = command.split()
    if words[0] == "check-jsonschema":
        return words[2]
    return " ".join(words[:2]) if words[0] in ("python", "ruff") else words[0]


def test_a_commit_is_checked_as_make_lint_checks_the_whole() -> None:
    hooks = [hook["entry"].partition(".venv/bin/")[2] for hook in _read(PROJECT / ".pre-commit-config.yaml")["repos"][0]["hooks"]]
    assert {_check(entry) for entry in hooks} == _checks("lint") - {"ansible-lint"}
