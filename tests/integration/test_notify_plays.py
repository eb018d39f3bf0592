# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handlers and services that declarations name: they react to what changed, once, in every playbook that changes something."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.hermetic.python.plugins.filter.reactions import reactions
from ansible_collections.hermetic.python.plugins.filter.without_reactions import without_reactions
from play_fleet import Fleet
from plays import PROJECT, Controller, Played

ROLE: dict[str, Any] = {"ansible.builtin.import_role": {"name": "hermetic.python.system_bundle"}}
# A service manager of its own, which notes what is restarted: that of the machine is not to be touched.
MANAGER = """
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule(argument_spec={"name": {}, "state": {}}, supports_check_mode=True)
if not module.check_mode:
    with open({record!r}, "a") as file:
        file.write(f"service {module.params['name']} {module.params['state']}\\n")
module.exit_json(changed=True)
"""
FACTS = """
from ansible.module_utils.basic import AnsibleModule

AnsibleModule(argument_spec={}, supports_check_mode=True).exit_json(ansible_facts={"service_mgr": "sysvinit"})
"""


class Noted:
    """Hosts with two VirtualEnvs, and a record of every handler that ran and every service that was restarted."""

    def __init__(self, directory: Path, fleet: Fleet) -> None:
        self.directory, self.fleet = directory, fleet
        self.record = directory / "record"
        self.controller = Controller(directory / "controller")
        library = directory / "library"
        library.mkdir()
        (library / "sysvinit.py").write_text(MANAGER.replace("{record!r}", repr(str(self.record))))
        (library / "noted_facts.py").write_text(FACTS)
        self.library = str(library)
        self.lock("one", "alpha-1.0", "beta-1.0")
        self.lock("two", "gamma-1.0")
        options = fleet.options()
        self.variables: dict[str, Any] = {
            "ansible_python_interpreter": sys.executable,
            "system_bundle_repository": options["repository"],
            "system_bundle_find_links": options["find_links"],
            "system_bundle_bundles": [{"name": "python", "notify": "bundle"}],
            "system_bundle_virtualenvs": [
                self.declared("one", notify=["one", "any"], restart=["web", "jobs"]),
                self.declared("two", notify=["any"], restart="jobs"),
            ],
        }
        (directory / "handlers.yml").write_text(yaml.safe_dump(self.handlers("one", "any", "bundle"), sort_keys=False))

    def declared(self, name: str, **more: Any) -> dict[str, Any]:
        """Return the declaration of a VirtualEnv."""
        return {"name": name, "lock": str(self.directory / f"{name}-requirements.txt"), **more}

    def lock(self, name: str, *wheels: str) -> None:
        """Write the lock of a VirtualEnv."""
        Fleet.lock(self, name, *(self.fleet.wheels[wheel] for wheel in wheels))  # type: ignore[arg-type]

    def handlers(self, *names: str) -> list[dict[str, Any]]:
        """Return handlers that note their names; the last word of one may be its topic."""
        note = {"ansible.builtin.raw": f"echo {{{{ item }}}} {{{{ inventory_hostname }}}} >>{self.record}"}
        return [
            {"name": f"Note {name}", "listen": name, **{key: text.replace("{{ item }}", name) for key, text in note.items()}}
            for name in names
        ]

    def hosts(self, *names: str, **more: Any) -> dict[str, dict[str, Any]]:
        """Return hosts with a root each."""
        return {name: {**self.variables, "system_bundle_root": str(self.directory / name), **more} for name in names}

    def noted(self, played: Played) -> list[str]:
        """Return what ran, and forget it."""
        assert played.code == 0, played.output
        found = self.record.read_text().splitlines() if self.record.exists() else []
        self.record.unlink(missing_ok=True)
        return found

    def run(self, *arguments: str, again: Sequence[dict[str, Any]] = (), **more: Any) -> list[str]:
        """Run the role in a play with the handlers."""
        tasks: list[dict[str, Any]] = [{"noted_facts": {}}, ROLE, *again]
        play = {"handlers": self.handlers("one", "any", "bundle")}
        return self.noted(self.controller.play(tasks, *arguments, hosts=self.hosts("a", **more), play=play, ANSIBLE_LIBRARY=self.library))

    def playbook(self, name: str, *arguments: str, hosts: str = "a b") -> Played:
        """Run a playbook of the project."""
        path = PROJECT / "playbooks" / f"{name}.yml"
        return self.controller.play(None, *arguments, playbook=path, hosts=self.hosts(*hosts.split()), ANSIBLE_LIBRARY=self.library)


@pytest.fixture
def fleet_of_notes(tmp_path: Path, fleet: Fleet) -> Noted:
    """Return hosts on which nothing is installed yet."""
    return Noted(tmp_path, fleet)


def test_what_changed_is_notified_and_restarted_once(fleet_of_notes: Noted) -> None:
    notes = fleet_of_notes
    services = ["service web restarted", "service jobs restarted"]
    # In check mode handlers run in check mode: these commands do nothing then.
    assert notes.run("--check") == []
    assert notes.run() == ["one a", "any a", "bundle a", *services]
    notes.lock("two", "gamma-1.0", "beta-2.0")
    assert notes.run() == ["any a", "service jobs restarted"]
    notes.lock("one", "alpha-1.0", "beta-2.0")
    # What a second task finds unchanged is not forgotten, and drift does not stumble over the names.
    role = "hermetic.python.system_bundle"
    again = [{"ansible.builtin.include_role": {"name": role}}, {"ansible.builtin.include_role": {"name": role, "tasks_from": "drift"}}]
    assert notes.run(again=again) == ["one a", "any a", *services]
    assert notes.run() == []
    # The recipe of docs/OPERATIONS.md for a task of one's own.
    (recipe,) = (play for play in yaml_of("OPERATIONS.md") if play.get("hosts") == "web" and "register" in str(play))
    recipe["tasks"][1]["hermetic.python.generation"]["root"] = "{{ system_bundle_root }}"
    play = {"handlers": notes.handlers("one", "any", "bundle")}
    played = notes.controller.play(
        [{"noted_facts": {}}, *recipe["tasks"]], hosts=notes.hosts("a"), play=play, ANSIBLE_LIBRARY=notes.library
    )
    assert notes.noted(played) == ["one a", "any a", *services]


def yaml_of(page: str) -> list[dict[str, Any]]:
    """Return what the lists in the YAML of a page hold."""
    blocks = re.findall(r"^```yaml\n(.*?)^```", (PROJECT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [each for block in blocks for each in (yaml.safe_load(block) or ()) if isinstance(each, dict)]


def test_the_documented_declaration_is_one() -> None:
    text = (PROJECT / "docs" / "OPERATIONS.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```yaml\n(# group_vars/web\.yml\n.*?)^```", text, re.DOTALL | re.MULTILINE)
    (declared,) = yaml.safe_load(block).values()
    changed: dict[str, Any] = {"changed_virtualenvs": {"web": {}, "jobs": {}}}
    assert reactions(changed, virtualenvs=declared) == {"notify": ["Reload proxy"], "restart": ["web", "web-worker"]}
    assert [sorted(each) for each in without_reactions(declared, handlers=True)] == [["lock", "name"]] * 2


def test_each_batch_of_a_playbook_notifies_and_a_rollback_too(fleet_of_notes: Noted) -> None:
    notes = fleet_of_notes
    notes.variables["system_bundle_virtualenvs"] = [notes.declared("one", notify="one"), notes.declared("two")]
    notes.variables["system_bundle_bundles"] = [{"name": "python"}]
    handlers = str(notes.directory / "handlers.yml")
    refused = notes.playbook("site")
    assert refused.code == 2 and "site_handlers=FILE" in refused.output, refused.output
    assert not (notes.directory / "a").exists() and not (notes.directory / "b").exists()
    assert notes.noted(notes.playbook("site", "-e", f"site_handlers={handlers}", "-e", "site_serial=1")) == ["one a", "one b"]
    notes.lock("one", "alpha-1.0", "beta-2.0")
    assert notes.noted(notes.playbook("site", "-e", "system_bundle_notify=false", hosts="a")) == []
    refused = notes.playbook("rollback", "-e", "rollback_hosts=a", hosts="a")
    assert refused.code == 2 and "rollback_handlers" in refused.output, refused.output
    assert (notes.directory / "a" / "current").readlink().name == "2"
    back = ("-e", "rollback_hosts=a", "-e", f"rollback_handlers={handlers}")
    assert notes.noted(notes.playbook("rollback", *back, hosts="a")) == ["one a"]
    # Nothing is pending for a repair, which deploys nothing: only what was changed on a host is notified, and on that host.
    (edited,) = (notes.directory / "b" / "envs/one").resolve().glob("lib/python*/site-packages/alpha/__init__.py")
    edited.write_text("changed\n")
    repair = ("-e", f"repair_handlers={handlers}", "-e", f"drift_report_directory={notes.directory}/reports")
    assert notes.noted(notes.playbook("repair", *repair)) == ["one b"]


def test_services_of_windows_are_restarted_by_its_own_module(fleet_of_notes: Noted) -> None:
    notes = fleet_of_notes
    collection = notes.directory / "collections" / "ansible_collections" / "ansible" / "windows"
    (collection / "plugins" / "modules").mkdir(parents=True)
    (collection / "galaxy.yml").write_text("{namespace: ansible, name: windows, version: 1.0.0}")
    (collection / "plugins" / "modules" / "win_service.py").write_text(MANAGER.replace("{record!r}", repr(str(notes.record))))
    # As a task on a Windows host returns it. Its module takes name and state, and no more are given to it.
    changed = {"changed": True, "platform": "windows-x86_64", "changed_bundles": {}, "changed_virtualenvs": {"one": {}, "two": {}}}
    role = {"name": "hermetic.python.system_bundle", "tasks_from": "notify"}
    task = {"ansible.builtin.import_role": role, "vars": {"system_bundle_changed": changed}}
    played = notes.controller.play(
        [task],
        hosts=notes.hosts("a"),
        play={"handlers": notes.handlers("one", "any")},
        ANSIBLE_COLLECTIONS_PATH=f"{notes.directory / 'collections'}:{PROJECT / '.collections'}",
    )
    assert notes.noted(played) == ["one a", "any a", "service web restarted", "service jobs restarted"], played.output


def test_a_host_on_which_nothing_can_be_restarted_is_not_changed(fleet_of_notes: Noted) -> None:
    notes = fleet_of_notes
    notes.variables["system_bundle_virtualenvs"] = [notes.declared("one", notify="one", restart=["*"])]
    played = notes.controller.play([ROLE], hosts=notes.hosts("a"))
    assert played.code == 2 and "restart has '*'" in played.output, played.output
    assert not (notes.directory / "a").exists()


def test_the_role_of_single_environments_notifies_as_well(fleet_of_notes: Noted) -> None:
    notes = fleet_of_notes
    places = {"root": str(notes.directory / "a"), "repository": notes.variables["system_bundle_repository"]}
    installed = {"hermetic.python.system": {**places, "bundles": [{"name": "python"}]}}
    variables = {
        "ansible_python_interpreter": sys.executable,
        "virtualenvs_root": str(notes.directory / "a"),
        "virtualenvs_find_links": notes.variables["system_bundle_find_links"],
        "virtualenvs_declared": [
            notes.declared("one", notify="one", restart="web"),
            notes.declared("two", notify=["any"], restart="jobs"),
            {"name": "three", "state": "absent", "notify": "absent", "restart": "gone"},
        ],
    }
    role = {"ansible.builtin.include_role": {"name": "hermetic.python.virtualenvs"}}
    # The second time nothing changes, so that all of it is of the first.
    play = {"handlers": notes.handlers("one", "any", "absent")}
    played = notes.controller.play(
        [{"noted_facts": {}}, installed, role, role], hosts={"a": variables}, play=play, ANSIBLE_LIBRARY=notes.library
    )
    assert notes.noted(played) == ["one a", "any a", "service web restarted", "service jobs restarted"], played.output
