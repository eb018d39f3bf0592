# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs that share a roll-out: where the gate of one fails, the others stop and take back what they did; the last one moves the channel."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from play_fleet import Fleet
from plays import PROJECT, Controller, Played
from roots import Archive

pytestmark = pytest.mark.slow

NAME = "awx-117"
HEALTH = [
    {
        "name": "Ask the service",
        "ansible.builtin.fail": {"msg": "the service does not answer"},
        "when": "inventory_hostname in ill | default([])",
    }
]


class Slices:
    """Two controllers that have one host each, a and b, of one inventory, and a repository that signs with a key."""

    def __init__(self, directory: Path, fleet: Fleet, releases: tuple[str, str]) -> None:
        self.directory, self.fleet, self.releases = directory, fleet, releases
        # The repository of the fleet is that of other tests as well, and has no key.
        self.repository = directory / "repository"
        shutil.copytree(fleet.repository, self.repository)
        self.controllers = {name: Controller(directory / f"controller-{name}") for name in "ab"}
        self.key = directory / "repository.pem"
        (directory / "health.yml").write_text(yaml.safe_dump(HEALTH))
        signed: dict[str, Any] = {"private_key": str(self.key), "generate_key": True, "signing": "tuf"}
        for channel, release in zip(("stable", "canary"), releases, strict=True):
            moved = fleet.module("repository", path=str(self.repository), channel=channel, release=release, **signed)
            assert moved.code == 0, moved.output
        self.hosts: dict[str, dict[str, Any]] = {
            name: {"system_bundle_root": str(directory / name), "system_bundle_bundles": [{"channel": "{{ system_bundle_channel }}"}]}
            for name in "ab"
        }

    def run(self, name: str, playbook: str, *arguments: str, **variables: Any) -> Played:
        """Run a playbook on one of the two hosts."""
        known = {
            "system_bundle_repository": str(self.repository),
            "system_bundle_public_key": f"{self.key}.pub",
            "bundle_repository_path": str(self.repository),
            "bundle_repository_private_key": "repository.pem",
        }
        return self.controllers[name].play(
            None,
            "-l",
            name,
            *arguments,
            "-e",
            json.dumps({**known, **variables}),
            playbook=PROJECT / "playbooks" / f"{playbook}.yml",
            # The host that has the repository is one of the inventory, and none of the roll-out.
            hosts={**self.hosts, "repository-host": {"ansible_python_interpreter": sys.executable}},
            working_directory=self.directory,
        )

    def roll_out(self, name: str, **variables: Any) -> Played:
        """Roll out what is in the channel canary to one of the two hosts, as one slice of two."""
        shared: dict[str, Any] = {
            "rollout_id": NAME,
            "rollout_shared": True,
            "rollout_runs": 2,
            "rollout_waves": "100%",
            "rollout_channel": "canary",
        }
        more: dict[str, Any] = {
            "rollout_promote": "stable",
            "rollout_health": "health.yml",
            "rollout_soak_interval": 1,
            "rollout_wait": 500,
        }
        return self.run(name, "rollout", **{**shared, **more, **variables})

    def halt(self) -> None:
        """End what waits for a halt that did not come, so that the test fails at once."""
        option = {"name": NAME, "state": "halted", "reason": "the test failed"}
        assert self.fleet.module("repository", path=str(self.repository), private_key=str(self.key), rollout=option).code == 0

    def bundle(self) -> dict[str, Any]:
        """Return what the index says of the bundle."""
        found: dict[str, Any] = json.loads((self.repository / "index.json").read_text())["bundles"]["python"]
        return found

    def record(self) -> dict[str, Any]:
        """Return the record of the roll-out."""
        found: dict[str, Any] = self.bundle().get("rollouts", {}).get(NAME, {})
        return found

    def has(self, host: str) -> str:
        """Return the release that a host has."""
        tree = (self.directory / host / "bin/python3").resolve().parents[1].name
        return next(release for release in self.releases if f"python-{release}-" in tree)

    def reports(self) -> list[dict[str, Any]]:
        """Return the reports that there are, the oldest first."""
        files = sorted((self.directory / "reports").glob("*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_text()) for path in files]


@pytest.fixture
def slices(tmp_path: Path, fleet: Fleet, bundle_archive: Archive, later_bundle_archive: Archive) -> Slices:
    """Return two hosts as the first release left them."""
    found = Slices(tmp_path, fleet, (bundle_archive.release, later_bundle_archive.release))
    for name in "ab":
        converged = found.run(name, "site", "-e", "site_serial=100%", "-e", "site_prove=false")
        assert converged.code == 0, converged.output
    return found


def until(happened: Callable[[], bool], run: Future[Played]) -> None:
    """Wait for what a run does, or for its end, which shows why it does not."""
    while not happened():
        assert not run.done(), run.result().output
        time.sleep(0.2)


def test_where_one_run_fails_the_others_stop_and_go_back(slices: Slices) -> None:
    old, new = slices.releases
    with ThreadPoolExecutor() as pool:
        # It is watched for longer than all of this lasts, so that only the other one ends it.
        first = pool.submit(slices.roll_out, "a", rollout_soak=2000)
        until(lambda: slices.has("a") == new, first)
        command = str(Path(sys.executable).with_name("ansible-playbook"))
        # Without a repository of its own, by the host that has it.
        elsewhere = {"rollout_repository_host": "repository-host", "rollout_repository_ansible": command}
        failed = slices.roll_out("b", ill=["b"], bundle_repository_private_key=str(slices.key), **elsewhere)
        if slices.record()["state"] != "halted":
            slices.halt()
        stopped = first.result()
    assert failed.code == 2, failed.output
    assert stopped.code == 2, stopped.output
    assert (slices.has("a"), slices.has("b")) == (old, old)
    reason = "Wave 1: 1 of 1 host (1 unhealthy; at most 0 may be): b"
    assert (slices.record()["state"], slices.record()["reason"]) == ("halted", reason)
    assert [each["stopped"] for each in slices.reports()] == [reason, f"Another run halted it: {reason}"]
    assert [each["summary"] for each in slices.reports()] == [{"unhealthy": 1, "taken_back": 1}, {"switched": 1, "taken_back": 1}]
    assert slices.bundle()["channels"]["stable"] == old

    # Nobody begins what is halted, except who knows of this halt.
    refused = slices.roll_out("a")
    since = slices.record()["since"]
    assert (refused.code, slices.has("a")) == (2, old), refused.output
    assert f"roll-out {NAME} is halted since {since}. {reason}" in " ".join(refused.output.split())
    with ThreadPoolExecutor() as pool:
        first = pool.submit(slices.roll_out, "a", rollout_resume=since)
        until(lambda: slices.record().get("done") is not None, first)
        assert (slices.record()["state"], slices.bundle()["channels"]["stable"]) == ("running", old)
        second = slices.roll_out("b", rollout_resume=since)
        waited = first.result()
    assert second.code == 0, second.output
    assert waited.code == 0, waited.output
    assert (slices.record()["state"], slices.bundle()["channels"]["stable"]) == ("completed", new)
    assert (slices.has("a"), slices.has("b")) == (new, new)
    assert all(each["record"]["state"] == "completed" and each["promoted"] for each in slices.reports()[-2:])


def test_a_halt_ends_also_a_run_that_is_done_and_waits(slices: Slices) -> None:
    old, new = slices.releases
    with ThreadPoolExecutor() as pool:
        first = pool.submit(slices.roll_out, "a")
        until(lambda: slices.record().get("done") is not None, first)
        assert slices.has("a") == new
        # Whoever operates it halts it.
        back = slices.run("b", "rollout", rollout_id=NAME, rollout_shared=True, rollout_take_back=True)
        waited = first.result()
    assert back.code == 0, back.output
    assert waited.code == 2, waited.output
    assert (slices.has("a"), slices.record()["reason"], slices.bundle()["channels"]["stable"]) == (old, "It is taken back.", old)
    assert slices.reports()[-1]["stopped"] == "Another run halted it: It is taken back."
