# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host that cannot be reached stops no other, is named at the end and never counts as done, in each playbook of the project."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from play_fleet import Fleet
from plays import HERE, PROJECT, Controller, Played
from roots import Archive

DEAD = {"ansible_connection": "ssh", "ansible_host": "127.0.0.2", "ansible_port": 9}
Hosts = dict[str, dict[str, Any]]


class Site:
    """Hosts of this machine, of which some cannot be reached, and the playbooks of the project."""

    def __init__(self, directory: Path, fleet: Fleet) -> None:
        self.directory = directory
        self.controller = Controller(directory / "controller")
        (directory / "notes").mkdir()
        # A bundle is all that these hosts are to hold.
        self.variables = {"system_bundle_repository": str(fleet.repository), "drift_report_directory": str(directory / "reports")}

    def hosts(self, **special: dict[str, Any]) -> Hosts:
        """Return hosts with these variables besides those that all have."""
        return {name: {**self.variables, "system_bundle_root": str(self.directory / name), **more} for name, more in special.items()}

    def run(self, playbook: str, hosts: Hosts, *arguments: str) -> Played:
        """Run a playbook."""
        return self.controller.play(
            None,
            *arguments,
            playbook=PROJECT / "playbooks" / f"{playbook}.yml",
            hosts=hosts,
            ANSIBLE_TIMEOUT="3",
            ANSIBLE_CONNECTION_PLUGINS=str(HERE / "connection_plugins"),
            LOSING_DIRECTORY=str(self.directory / "notes"),
        )

    def has(self, host: str) -> bool:
        """Tell whether a host was brought to its state."""
        return (self.directory / host / "bin/python").exists()

    def report(self, name: str) -> dict[str, str]:
        """Return the states of a report, or why a host was not checked."""
        hosts = json.loads((self.directory / "reports" / f"{name}.json").read_text())["hosts"]
        return {host: entry["reason"] or entry["state"] for host, entry in hosts.items()}


@pytest.fixture
def site(tmp_path: Path, fleet: Fleet) -> Site:
    """Return the hosts before the first run."""
    return Site(tmp_path, fleet)


def losing(after: int) -> dict[str, Any]:
    """Return the variables of a host that is lost after some tasks."""
    return {"ansible_connection": "losing", "losing_after": after, "ansible_python_interpreter": sys.executable}


def recap(played: Played, host: str) -> dict[str, int]:
    """Return what Ansible's own recap says of a host."""
    line = next(each for each in played.output.partition("PLAY RECAP")[2].splitlines() if each.startswith(f"{host} "))
    return {name: int(number) for name, number in (part.split("=") for part in line.partition(":")[2].split())}


def summary(played: Played) -> str:
    """Return what comes after the recap."""
    return played.output.partition("PLAY RECAP")[2]


# The dead host comes first by its name: it would be the canary, and the one that run_once takes.
@pytest.mark.parametrize("platform", [{}, {"hermetic_platform": "linux-x86_64"}], ids=["platform asked", "platform stated"])
def test_site_goes_on_without_a_dead_host_and_names_it(site: Site, platform: dict[str, str]) -> None:
    import platform as machine

    if platform and machine.machine() != "x86_64":
        platform = {"hermetic_platform": f"linux-{machine.machine()}"}
    hosts = site.hosts(a_dead={**DEAD, **platform}, b=platform, c=platform)
    played = site.run("site", hosts, "-e", "system_bundle_prove=play")
    assert played.code == 4, played.output
    assert (site.has("b"), site.has("c")) == (True, True)
    assert "NOT DONE, 1 host could not be reached" in summary(played)
    assert "a_dead (" in summary(played)
    assert recap(played, "a_dead")["unreachable"] == 1
    # The proof changes nothing and says so; what changed was changed once.
    assert (recap(played, "a_dead")["changed"], recap(played, "b")["changed"]) == (0, 1)
    # The canary is the first host that answers.
    converged = [each["host"] for each in played.results if each["task"].endswith("Bring the host to the declared state")]
    assert converged[-2:] == ["b", "c"]
    if not platform:
        return
    again = site.run("site", hosts)
    assert (again.code, recap(again, "b")["changed"]) == (4, 0)


def test_site_without_a_proof_goes_on_over_a_batch_that_is_dead(site: Site) -> None:
    hosts = site.hosts(a_dead=DEAD, b={})
    played = site.run("site", hosts, "-e", "site_prove=false", "-e", "site_serial=1")
    assert played.code == 4, played.output
    assert site.has("b")
    assert "a_dead (" in summary(played)


def test_site_goes_on_when_a_host_is_lost_between_its_proof_and_its_change(site: Site) -> None:
    hosts = site.hosts(a=losing(1), b={})
    played = site.run("site", hosts, "-e", 'site_serial=["1", "100%"]')
    assert played.code == 4, played.output
    assert (site.has("a"), site.has("b")) == (False, True)
    assert "what is there now is not known" in summary(played)
    assert "\\x1b[31mline\\x1b[0m is dead" in summary(played)
    assert recap(played, "a")["unreachable"] == 1
    assert "\x1b" not in summary(played)


def test_site_names_all_when_all_are_dead_also_within_a_limit(site: Site) -> None:
    hosts = site.hosts(a=DEAD, b=DEAD, c={})
    played = site.run("site", hosts, "--limit", "a,b", "--forks", "1")
    assert played.code == 4, played.output
    assert "NOT DONE, 2 hosts" in summary(played)
    assert not site.has("c")


def test_a_proof_that_fails_stops_the_run_and_the_dead_are_named_all_the_same(site: Site) -> None:
    hosts = site.hosts(a_dead=DEAD, b={}, c={"system_bundle_channel": "nowhere"})
    played = site.run("site", hosts)
    assert played.code == 2, played.output
    assert not (site.has("b") or site.has("c"))
    assert "a_dead (" in summary(played)


def test_a_share_that_may_fail_counts_no_dead_host(site: Site) -> None:
    # A root that is a file fails when it is to be changed.
    (site.directory / "d").touch()
    hosts = site.hosts(a=losing(0), b=losing(0), c={}, d={}, e={})
    options = ("-e", "site_prove=false", "-e", '{"site_serial": [4, "100%"]}')
    assert site.run("site", hosts, *options, "-e", "site_max_fail_percentage=10").code == 2
    assert not site.has("e")
    # One of four failed: that is within the share, and the two dead ones are none of it.
    played = site.run("site", hosts, *options, "-e", "site_max_fail_percentage=30")
    assert (played.code, site.has("e")) == (2, True), played.output
    assert "NOT DONE, 2 hosts" in summary(played)


def test_drift_repair_and_rollback_go_on_without_a_dead_host(site: Site, later_bundle_archive: Archive) -> None:
    hosts = site.hosts(a_dead=DEAD, b={})
    site.run("site", hosts, "-e", "site_prove=false")
    first = (site.directory / "b" / "bin/python").resolve()
    more = {"system_bundle_bundles": [{"name": "python", "release": later_bundle_archive.release}]}
    site.run("site", {name: {**host, **more} for name, host in hosts.items()}, "-e", "site_prove=false")
    assert (site.directory / "b" / "bin/python").resolve() != first
    (site.directory / "b" / "current" / "bin" / "stray").touch()
    repaired = site.run("repair", {name: {**host, **more} for name, host in hosts.items()}, "-e", "repair_serial=1")
    assert repaired.code == 1, repaired.output
    assert site.report("repair-before") == {"a_dead": "unreachable", "b": "tampered"}
    assert site.report("repair-after") == {"a_dead": "unreachable", "b": "clean"}
    played = site.run("rollback", hosts, "-e", "rollback_hosts=all", "-e", "rollback_serial=1")
    assert played.code == 4, played.output
    assert (site.directory / "b" / "bin/python").resolve() == first
    assert recap(played, "a_dead")["unreachable"] == 1
    assert "NOT DONE, 1 host could not be reached" in summary(played)
    assert "a_dead (" in summary(played)
    checked = site.run("drift", hosts)
    assert (checked.code, site.report("drift")) == (1, {"a_dead": "unreachable", "b": "clean"}), checked.output


def test_repair_goes_on_when_a_host_is_lost_in_the_middle(site: Site) -> None:
    hosts = site.hosts(a=losing(1), b={})
    played = site.run("repair", hosts, "-e", "repair_serial=1", "-e", "repair_declared=true")
    assert played.code == 1, played.output
    assert site.report("repair-after") == {"a": "unreachable", "b": "clean"}
    assert site.has("b")
