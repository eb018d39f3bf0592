# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roles stay thin and in step with the modules: every option can be set, every variable is documented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.spec import ONE_BUNDLE, ONE_VIRTUALENV, SPECS
from ansible_collections.hermetic.python.plugins.plugin_utils.target.reactions import REACTIONS

PROJECT = Path(__file__).resolve().parents[3]
ROLES = sorted(path.name for path in (PROJECT / "roles").iterdir() if path.is_dir())
PRIVATE = "__"


def read(role: str, name: str) -> Any:
    return yaml.safe_load((PROJECT / "roles" / role / name).read_text(encoding="utf-8"))


def entry_points(role: str) -> dict[str, Any]:
    found: dict[str, Any] = read(role, "meta/argument_specs.yml")["argument_specs"]
    return found


def module_options(role: str, tasks: str, module: str) -> set[str]:
    for task in read(role, f"tasks/{tasks}.yml"):
        if f"hermetic.python.{module}" in task:
            return set(task[f"hermetic.python.{module}"])
    raise AssertionError(f"{role}/{tasks} does not use {module}")


@pytest.mark.parametrize(
    ("role", "tasks", "module", "left_out"),
    [
        # What is remembered of the root of a fleet is about its other hosts as well.
        ("system_bundle", "main", "system", {"forget"}),
        ("build_python", "main", "system", {"platforms", "rollout"}),
        # These decide how something is built or removed; drift does neither.
        ("system_bundle", "drift", "drift", {"keep_generations", "link_mode", "check_free_space", "unpack_limit"}),
        (
            "virtualenvs",
            "main",
            "virtualenv",
            {
                *("platforms", "link_mode", "jobs", "lock_timeout", "check_free_space"),
                *("timeout", "retries", "download_timeout", "minimum_rate", "maximum_size"),
            },
        ),
    ],
)
def test_a_role_hands_every_option_of_its_module_on(role: str, tasks: str, module: str, left_out: set[str]) -> None:
    assert module_options(role, tasks, module) == set(SPECS[module]) - left_out


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_of_a_role_is_documented(role: str) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (PROJECT / "roles" / role / "tasks").glob("**/*.yml"))
    templates = [each for name in ("vars", "defaults") for each in re.findall(r"{{(.*?)}}", _text(role, f"{name}/main.yml"), re.DOTALL)]
    # What ends with an underscore is the beginning of names that groups and hosts choose.
    used = set(re.findall(rf"(?<!_)\b{role}_\w*[a-z0-9]\b", "".join([text, *templates]))) | set(read(role, "defaults/main.yml") or {})
    registered = set(re.findall(r"register: (\w+)", text)) | _facts(role)
    documented = {name for entry in entry_points(role).values() for name in entry.get("options", {})}
    # drift_report shows what the entry point "drift" of system_bundle registers.
    assert used - registered == documented


def _text(role: str, name: str) -> str:
    path = PROJECT / "roles" / role / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _facts(role: str) -> set[str]:
    """Return the names of the facts that a role gives its play."""
    tasks = [
        task for path in (PROJECT / "roles" / role / "tasks").glob("*.yml") for task in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]
    return {name for task in tasks for name in task.get("ansible.builtin.set_fact", {})}


@pytest.mark.parametrize("role", ROLES)
def test_the_documentation_shows_its_backslashes(role: str) -> None:
    # In values and option names of the markup, one backslash is there to escape the next character.
    marked = [value for text in _texts(entry_points(role)) for value in re.findall(r"\b[VOE]\((.*?)\)", text)]
    assert [value for value in marked if "\\" in value.replace("\\\\", "")] == []


def _texts(document: Any) -> Iterator[str]:
    for each in document.values() if isinstance(document, dict) else document if isinstance(document, list) else ():
        if isinstance(each, str):
            yield each
        yield from _texts(each)


@pytest.mark.parametrize("role", ROLES)
def test_documented_defaults_are_the_real_ones(role: str) -> None:
    defaults = read(role, "defaults/main.yml") or {}
    for entry in entry_points(role).values():
        for name, option in entry.get("options", {}).items():
            if "default" in option:
                assert defaults[name] == option["default"], name


@pytest.mark.parametrize("role", ROLES)
def test_every_task_file_is_an_entry_point(role: str) -> None:
    assert set(entry_points(role)) == {path.stem for path in (PROJECT / "roles" / role / "tasks").glob("*.yml")}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_introduces_itself(role: str) -> None:
    assert (PROJECT / "roles" / role / "README.md").read_text(encoding="utf-8").startswith(f"# {role}\n")


@pytest.mark.parametrize(("variable", "table"), [("system_bundle_bundles", ONE_BUNDLE), ("system_bundle_virtualenvs", ONE_VIRTUALENV)])
def test_the_parts_of_a_declaration_are_those_of_the_module_and_who_reacts(variable: str, table: dict[str, Any]) -> None:
    for entry in ("main", "drift"):
        assert set(entry_points("system_bundle")[entry]["options"][variable]["options"]) == {*table, *REACTIONS}


def test_only_private_variables_hide_in_vars() -> None:
    for path in (PROJECT / "roles").glob("*/vars/main.yml"):
        assert all(name.startswith(PRIVATE) for name in yaml.safe_load(path.read_text(encoding="utf-8")))
