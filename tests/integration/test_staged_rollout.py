# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A staged roll-out reaches hosts that pull by their own runs, and grows, is halted or completed by what they report."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.staged_release import is_reached
from play_fleet import Fleet
from plays import PROJECT, Controller, Played
from roots import Archive

HOSTS = ("a", "b")


def name_that_reaches_first(host: str) -> str:
    """Return the name of a roll-out that has reached this one of the two hosts at 50 %."""
    names = (f"october-{number}" for number in range(1000))
    return next(name for name in names if [each for each in HOSTS if is_reached(name, 50, each)] == [host])


class Pulling:
    """Two hosts that keep themselves as declared, as far as that is a run of the playbook and a report."""

    def __init__(self, directory: Path, fleet: Fleet, releases: tuple[str, str]) -> None:
        self.directory, self.fleet, self.releases = directory, fleet, releases
        self.controller = Controller(directory / "controller")
        self.reports = directory / "pulled"
        self.reports.mkdir()
        self.repository = directory / "repository"
        shutil.copytree(fleet.repository, self.repository)
        check = ["{python}", "-c", "raise SystemExit({{ 1 if inventory_hostname in ill else 0 }})"]
        declared = [{"name": "python", "checks": [{"name": "answers", "argv": check}]}]
        self.hosts: dict[str, dict[str, Any]] = {
            name: {"system_bundle_root": str(directory / name), "system_bundle_bundles": declared} for name in HOSTS
        }
        # As docs/PULL.md shows it.
        leave = {"ansible.builtin.include_role": {"name": "hermetic.python.system_bundle", "tasks_from": "leave_halted"}}
        look: dict[str, Any] = {
            "ansible.builtin.include_role": {"name": "hermetic.python.system_bundle", "tasks_from": "drift"},
            "vars": {"system_bundle_run_checks": True, "system_bundle_drift_verify": "quick"},
        }
        plays = [
            {"hosts": "all", "gather_facts": False, "tasks": [leave]},
            {"ansible.builtin.import_playbook": "hermetic.python.site"},
            {"hosts": "all", "gather_facts": False, "tasks": [look]},
        ]
        (directory / "local.yml").write_text(yaml.safe_dump(plays))

    def run(self, playbook: Path, *arguments: str, **variables: Any) -> Played:
        """Run a playbook."""
        known = {"system_bundle_repository": str(self.repository), "bundle_repository_path": str(self.repository), "site_serial": "100%"}
        return self.controller.play(
            None,
            *arguments,
            "-e",
            json.dumps({**known, "site_prove": False, **variables}),
            playbook=playbook,
            hosts=self.hosts,
            working_directory=self.directory,
            ANSIBLE_CALLBACKS_ENABLED="recorded_results,hermetic.python.drift_report",
            HERMETIC_DRIFT_REPORT_DIRECTORY=str(self.directory / "report"),
            HERMETIC_DRIFT_REPORT_FORMATS="json",
            HERMETIC_DRIFT_REPORT_HISTORY="false",
            HERMETIC_DRIFT_REPORT_FAIL="false",
        )

    def pull(self, *ill: str) -> None:
        """Let both hosts run and report; a check fails on those that are ill."""
        played = self.run(self.directory / "local.yml", ill=ill)
        assert played.code == 0, played.output
        for name in HOSTS:
            shutil.copy(self.directory / "report/drift.json", self.reports / f"{name}.json")

    def step(self, name: str, *arguments: str, **variables: Any) -> Played:
        """Take one step of a roll-out."""
        given = {"rollout_id": name, "rollout_release": self.releases[1], "rollout_channel": "stable", "rollout_waves": "50%,100%"}
        playbook = PROJECT / "playbooks/staged_rollout.yml"
        return self.run(playbook, *arguments, pulled_reports=[str(self.reports)], **{**given, **variables})

    def bundle(self) -> dict[str, Any]:
        """Return what the index says of the bundle."""
        found: dict[str, Any] = json.loads((self.repository / "index.json").read_text())["bundles"]["python"]
        return found

    def has(self) -> list[str]:
        """Return the releases of the hosts."""
        trees = [(self.directory / host / "bin/python3").resolve().parents[1].name for host in HOSTS]
        return [next(release for release in self.releases if f"python-{release}-" in tree) for tree in trees]

    def generation(self, host: str) -> dict[str, Any]:
        """Return the record of the current generation of a host."""
        number = (self.directory / host / "current").readlink().name
        found: dict[str, Any] = json.loads((self.directory / host / f"state/generations/{number}.json").read_text())
        return found


@pytest.fixture
def pulling(fleet: Fleet, bundle_archive: Archive, later_bundle_archive: Archive) -> Iterator[Pulling]:
    """Return two hosts with the stable release, where the user that checks run as gets to them."""
    with tempfile.TemporaryDirectory(prefix="hermetic-staged-") as place:
        Path(place).chmod(0o755)
        found = Pulling(Path(place), fleet, (bundle_archive.release, later_bundle_archive.release))
        found.pull()
        yield found


def test_hosts_take_a_staged_release_by_share_and_go_back_where_it_is_halted(pulling: Pulling) -> None:
    old, new = pulling.releases
    name = name_that_reaches_first("a")
    planned = pulling.step(name, "--check")
    assert (planned.code, pulling.bundle().get("rollouts")) == (0, None), planned.output
    begun = pulling.step(name)
    assert begun.code == 0, begun.output
    record = pulling.bundle()["rollouts"][name]
    assert {**record, "since": None} == {
        "state": "running",
        "since": None,
        "channel": "stable",
        "release": new,
        "percent": 50,
        "before": old,
    }
    pulling.pull()
    assert pulling.has() == [new, old]
    assert (pulling.generation("a")["rollout"], pulling.generation("b").get("rollout")) == (name, None)
    grown = pulling.step(name)
    assert (grown.code, pulling.bundle()["rollouts"][name]["percent"]) == (0, 100), grown.output
    pulling.pull("a")
    assert pulling.has() == [new, new]
    said = json.loads((pulling.reports / "b.json").read_text())["hosts"]
    assert [said[host]["rollout"] for host in HOSTS] == [name, name]
    halted = pulling.step(name)
    assert halted.code == 2, halted.output
    record = pulling.bundle()["rollouts"][name]
    assert record["reason"].startswith("100 %: 1 of 2 hosts bad (at most 0 may be): a has bundle:python"), record["reason"]
    assert (record["state"], pulling.bundle()["channels"]["stable"]) == ("halted", old)
    pulling.pull()
    assert (pulling.has(), [pulling.generation(host)["number"] for host in HOSTS]) == ([old, old], [1, 1])
    # It stays so, also for hosts that are healthy now, until somebody says that this halt is over.
    again = pulling.step(name)
    assert (again.code, pulling.bundle()["rollouts"][name]) == (2, record), again.output
    resumed = pulling.step(name, rollout_resume=record["since"], rollout_waves="100%")
    assert resumed.code == 0, resumed.output
    pulling.pull()
    assert pulling.has() == [new, new]
    done = pulling.step(name)
    assert (done.code, pulling.bundle()["rollouts"][name]["state"]) == (0, "completed"), done.output
    assert pulling.bundle()["channels"]["stable"] == new
