# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Five hosts on which roll-outs are tried, and how they are started and looked at."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from play_fleet import Fleet
from plays import HERE, PROJECT, Controller, Played
from roots import Archive

HEALTH = [
    {
        "name": "Ask the service",
        "ansible.builtin.fail": {"msg": "the service does not answer"},
        "when": "inventory_hostname in ill | default([])",
    }
]
# One line when a host was switched, and one when it went back.
AFTER = [{"ansible.builtin.shell": "echo {{ inventory_hostname }} >> {{ notes }}", "delegate_to": "localhost"}]
HANDLERS = [{"name": "Note it", **AFTER[0], "ansible.builtin.shell": "echo {{ inventory_hostname }} handled >> {{ notes }}"}]


class Rollouts:
    """Five hosts with the stable release of a bundle, and a later one in the channel canary."""

    def __init__(self, directory: Path, fleet: Fleet, releases: tuple[str, str]) -> None:
        self.directory, self.fleet, self.releases = directory, fleet, releases
        self.controller = Controller(directory / "controller")
        self.notes = directory / "notes"
        for name, tasks in (("health", HEALTH), ("after", AFTER), ("handlers", HANDLERS)):
            (directory / f"{name}.yml").write_text(yaml.safe_dump(tasks))
        declared = [{"name": "python", "notify": ["Note it"]}]
        self.hosts: dict[str, dict[str, Any]] = {
            name: {"system_bundle_root": str(directory / name), "system_bundle_bundles": declared} for name in "abcde"
        }
        self.move("stable", releases[0])
        self.move("canary", releases[1])

    def move(self, channel: str, release: str) -> None:
        """Move a channel."""
        options: dict[str, Any] = {"path": str(self.fleet.repository), "bundle": "python", "channel": channel, "release": release}
        assert self.fleet.module("repository", **options).code == 0

    def channel(self, name: str) -> str:
        """Return what a channel names."""
        index = json.loads((self.fleet.repository / "index.json").read_text())
        return str(index["bundles"]["python"]["channels"][name])

    def run(
        self, playbook: str, *arguments: str, hosts: dict[str, dict[str, Any]] | None = None, kill_at: str = "", **variables: Any
    ) -> Played:
        """Run a playbook; kill_at is an event at which the controller is killed, see callback_plugins/killed_controller.py."""
        known = {
            "system_bundle_repository": str(self.fleet.repository),
            "bundle_repository_path": str(self.fleet.repository),
            "rollout_health": str(self.directory / "health.yml"),
            "site_handlers": str(self.directory / "handlers.yml"),
            "rollout_handlers": str(self.directory / "handlers.yml"),
            "rollout_after_switch": str(self.directory / "after.yml"),
            "rollout_report": "report.json",
            "notes": str(self.notes),
        }
        return self.controller.play(
            None,
            *arguments,
            "-e",
            json.dumps({**known, **variables}),
            playbook=PROJECT / "playbooks" / f"{playbook}.yml",
            hosts=hosts or self.hosts,
            working_directory=self.directory,
            ANSIBLE_TIMEOUT="3",
            ANSIBLE_CONNECTION_PLUGINS=str(HERE / "connection_plugins"),
            ANSIBLE_CALLBACKS_ENABLED="recorded_results,killed_controller",
            CONTROLLER_EVENTS=str(self.directory / "events"),
            KILL_CONTROLLER_AT=kill_at,
        )

    def roll_out(self, *arguments: str, **variables: Any) -> Played:
        """Roll out what is in the channel canary: first to a, then to two hosts, then to the rest."""
        waves = {"rollout_canaries": "a", "rollout_waves": "2,100%", "rollout_channel": "canary", "rollout_promote": "stable"}
        return self.run("rollout", *arguments, **{**waves, **variables})

    def events(self) -> list[str]:
        """Return the events of all runs so far at which the controller could have been killed, and forget them."""
        path = self.directory / "events"
        found = path.read_text().splitlines()
        path.unlink()
        return found

    def report(self) -> dict[str, Any]:
        """Return the report."""
        found: dict[str, Any] = json.loads((self.directory / "report.json").read_text())
        return found

    def generation(self, host: str) -> int:
        """Return the current generation of a host."""
        return int((self.directory / host / "current").readlink().name)

    def works(self, host: str) -> str:
        """Return the release that a host has, as its Python says."""
        program = self.directory / host / "bin/python3"
        code = "import os, sys; print(os.path.realpath(sys.prefix))"
        tree = Path(subprocess.run([str(program), "-c", code], check=True, capture_output=True, text=True).stdout.strip()).name
        return next(release for release in self.releases if f"python-{release}-" in tree)

    def has(self, host: str) -> str:
        """Return the release that a host has."""
        (tree,) = {each.resolve().parents[1].name for each in [self.directory / host / "bin/python3"]}
        return next(release for release in self.releases if f"python-{release}-" in tree)


@pytest.fixture
def rollouts(tmp_path: Path, fleet: Fleet, bundle_archive: Archive, later_bundle_archive: Archive) -> Rollouts:
    """Return five hosts as the first release left them."""
    found = Rollouts(tmp_path, fleet, (bundle_archive.release, later_bundle_archive.release))
    converged = found.run("site", "-e", "site_serial=100%", "-e", "site_prove=false")
    assert converged.code == 0, converged.output
    found.notes.unlink()
    return found
