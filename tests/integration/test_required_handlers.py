# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A handler that is misspelled in a declaration is found before anything is changed, in the playbooks and in plays of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from plays import PROJECT, Controller, Played

NOOP = {"ansible.builtin.meta": "noop"}
REQUIRE = {"name": "hermetic.python.system_bundle", "tasks_from": "require_handlers"}


def role(place: Path, name: str, *handlers: dict[str, Any]) -> None:
    """Make a role that has nothing but handlers."""
    for part, content in (("handlers", [{**NOOP, **each} for each in handlers]), ("tasks", [{"name": "Nothing", **NOOP}])):
        (place / "roles" / name / part).mkdir(parents=True)
        (place / "roles" / name / part / "main.yml").write_text(yaml.safe_dump(content))


def declared(*notify: str) -> list[dict[str, Any]]:
    return [{"name": "web", "lock": "none.txt", "notify": list(notify)}, {"name": "plain", "lock": "none.txt"}]


def played(place: Path, hosts: dict[str, Any], plays: list[dict[str, Any]], *, errors: bool = True) -> Played:
    """Run plays, each of them on the host of its name; ``errors`` is whether Ansible takes a missing handler for one."""
    (place / "plays.yml").write_text(yaml.safe_dump([{"gather_facts": False, **each} for each in plays], sort_keys=False))
    return Controller(place / "controller").play(
        hosts=hosts,
        playbook=place / "plays.yml",
        ANSIBLE_ROLES_PATH=str(place / "roles"),
        ANSIBLE_ERROR_ON_MISSING_HANDLER=str(errors),
    )


def test_a_play_is_searched_as_ansible_searches_it(tmp_path: Path) -> None:
    role(tmp_path, "static", {"name": "Of a role", "listen": "topic of a role"})
    role(tmp_path, "included", {"name": "Of an included role"})
    (tmp_path / "more.yml").write_text(yaml.safe_dump([{"name": "Of a file", **NOOP}]))
    hosts: dict[str, Any] = {
        "found": [
            *("Reload proxy", "topic", "Of a file", "Of a role", "static : Of a role", "topic of a role"),
            *("Of an included role", "included : Of an included role"),
        ],
        "missing": ["Reload proxy", "Relaod proxy", "Of an included role", "include more"],
        "unknown": ["Reload later"],
        "off": ["nobody"],
    }
    handlers = [
        {"name": "Reload {{ kind }}", **NOOP},
        {"name": "Anything", "listen": ["topic"], **NOOP},
        {"name": "Read more", "ansible.builtin.import_tasks": str(tmp_path / "more.yml")},
    ]
    imported = {"ansible.builtin.import_role": REQUIRE}
    included = {"ansible.builtin.include_role": {"name": "included"}}
    plays: list[dict[str, Any]] = [
        {"hosts": "found", "roles": ["static"], "vars": {"kind": "proxy"}, "tasks": [included, imported], "handlers": handlers},
        {"hosts": "unknown", "tasks": [imported], "handlers": handlers},
        {"hosts": "off", "vars": {"system_bundle_notify": False}, "tasks": [imported], "handlers": handlers},
        {"hosts": "missing", "vars": {"kind": "proxy"}, "tasks": [imported, included], "handlers": handlers},
    ]
    variables = {name: {"system_bundle_virtualenvs": declared(*names)} for name, names in hosts.items()}
    ran = played(tmp_path, variables, plays)
    assert {each["host"] for each in ran.results if each["status"] == "failed"} == {"missing"}, ran.output
    refused = ran.of("missing")
    assert refused["errors"] == [
        "the VirtualEnv 'web' notifies 'Relaod proxy'; the play has 'Reload proxy'",
        "the VirtualEnv 'web' notifies 'Of an included role'",
        "the VirtualEnv 'web' notifies 'include more'",
    ]
    assert "The declaration of missing notifies handlers that this play does not have; nothing was changed." in refused["msg"]
    assert "cannot be resolved yet (Reload {{ kind }})" in ran.of("unknown")["warnings"][0]
    lenient = played(tmp_path, variables, plays[-1:], errors=False)
    assert lenient.code == 0 and "Relaod proxy" in lenient.output, lenient.output


@pytest.mark.parametrize("name", ["site", "repair", "rollback", "rollout"])
def test_a_playbook_changes_no_host_while_one_names_a_handler_that_is_not_there(name: str, tmp_path: Path) -> None:
    (tmp_path / "handlers.yml").write_text(yaml.safe_dump([{"name": "Reload proxy", **NOOP}]))
    right, wrong = (
        {
            "system_bundle_virtualenvs": declared(handler),
            "system_bundle_root": str(tmp_path / handler),
            "system_bundle_repository": "/nowhere",
        }
        for handler in ("Reload proxy", "Relaod proxy")
    )
    arguments = [f"{name}_handlers={tmp_path}/handlers.yml", f"{name}_hosts=all", "rollout_prove=false"]
    ran = Controller(tmp_path / "controller").play(
        None,
        *(word for each in arguments for word in ("-e", each)),
        playbook=PROJECT / "playbooks" / f"{name}.yml",
        hosts={"a": right, "b": wrong, "c": wrong},
    )
    # A repair without its reports is not known to have ended well.
    assert ran.code == (1 if name == "repair" else 2), ran.output
    problem = "the VirtualEnv 'web' notifies 'Relaod proxy'; the play has 'Reload proxy'"
    assert [ran.of(host).get("errors") for host in "bc"] == [[problem], [problem]]
    # Nothing came after it, on no host.
    assert ran.output.count("\nPLAY [") == 1, ran.output
    assert not (tmp_path / "Reload proxy").exists()
