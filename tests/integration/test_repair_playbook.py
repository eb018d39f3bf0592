# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks that look back: repair deploys nothing unless it is asked to, and rollback says what it changes."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from play_fleet import Fleet
from plays import PROJECT, Controller, Played
from roots import Archive


class Hosts:
    """Hosts with two VirtualEnvs each, whose locks are the test's own."""

    def __init__(self, directory: Path, fleet: Fleet, names: str) -> None:
        self.directory = directory
        self.wheels = fleet.wheels
        self.controller = Controller(directory / "controller")
        self.lock("one", "alpha-1.0", "beta-1.0")
        self.lock("two", "beta-1.0", "gamma-1.0")
        options = fleet.options()
        self.variables: dict[str, Any] = {
            "system_bundle_repository": options["repository"],
            "system_bundle_find_links": options["find_links"],
            "system_bundle_virtualenvs": [{"name": name, "lock": str(directory / f"{name}.txt")} for name in ("one", "two")],
            "drift_report_directory": str(directory / "reports"),
        }
        self.hosts: dict[str, dict[str, Any]] = {name: {"system_bundle_root": str(directory / name)} for name in names.split()}

    def lock(self, name: str, *wheels: str) -> None:
        """Write the lock of a VirtualEnv."""
        parts = [(wheel.rpartition("-"), self.wheels[wheel].sha256) for wheel in wheels]
        text = "".join(f"{project}=={version} --hash=sha256:{sha256}\n" for (project, _dash, version), sha256 in parts)
        (self.directory / f"{name}.txt").write_text(text)

    def play(self, playbook: str, *arguments: str) -> Played:
        """Run a playbook of the project."""
        hosts = {name: {**self.variables, **own} for name, own in self.hosts.items()}
        return self.controller.play(None, *arguments, playbook=PROJECT / "playbooks" / f"{playbook}.yml", hosts=hosts)

    def report(self, name: str) -> dict[str, Any]:
        """Return the hosts of a report."""
        hosts: dict[str, Any] = json.loads((self.directory / "reports" / f"{name}.json").read_text())["hosts"]
        return hosts

    def states(self, name: str) -> dict[str, str]:
        """Return the state of each host in a report."""
        return {host: entry["state"] for host, entry in self.report(name).items()}

    def version(self, host: str, package: str = "beta") -> str:
        """Return which version of a package the stable path of ``one`` leads to."""
        (found,) = (self.directory / host / "envs/one").resolve().glob(f"lib/python*/site-packages/{package}-*.dist-info")
        return found.name.removesuffix(".dist-info").rpartition("-")[2]

    def tamper(self, host: str, environment: str, package: str) -> Path:
        """Edit a module of a package on a host."""
        edited = next((self.directory / host / "envs" / environment).resolve().glob(f"lib/python*/site-packages/{package}/__init__.py"))
        edited.write_text("changed\n")
        return edited


@pytest.fixture
def hosts(tmp_path: Path, fleet: Fleet) -> Hosts:
    """Return three hosts, two of which are as declared; nothing was ever installed on the one that comes first."""
    made = Hosts(tmp_path, fleet, "a_new b c")
    played = made.play("site", "--limit", "b,c")
    assert played.code == 0, played.output
    return made


def test_repair_brings_back_what_was_installed_and_deploys_nothing_unless_it_is_asked_to(hosts: Hosts) -> None:
    hosts.lock("one", "alpha-1.0", "beta-2.0")
    # Of a lock that moved on and of one that did not; and what no declaration names any more has to be found as well.
    edited = [hosts.tamper("b", "one", "alpha"), hosts.tamper("b", "two", "gamma")]
    played = hosts.play("repair", "-e", "repair_hosts=b:c")
    assert played.code == 0, played.output
    assert hosts.states("repair-before") == {"b": "tampered", "c": "clean"}
    assert hosts.states("repair-after") == {"b": "clean", "c": "clean"}
    causes = {finding["cause"] for entry in hosts.report("repair-before").values() for finding in entry["findings"]}
    assert causes == {"tampered"}
    assert all("changed" not in path.read_text() for path in edited)
    assert [hosts.version(host) for host in ("b", "c")] == ["1.0", "1.0"]
    assert {each["host"] for each in played.results if each["result"].get("changed")} == {"b"}
    page = (hosts.directory / "reports" / "repair-after.html").read_text()
    assert "exactly as last installed" in page and "exactly as declared" not in page
    # What is pending is drift for whoever asks for drift.
    assert (hosts.play("drift", "-e", "drift_hosts=b:c").code, set(hosts.states("drift").values())) == (2, {"pending"})

    hosts.tamper("b", "two", "gamma")
    declared = hosts.play("repair", "-e", "repair_hosts=b:c", "-e", "repair_declared=true")
    assert declared.code == 0, declared.output
    assert hosts.states("repair-before") == {"b": "tampered", "c": "pending"}
    assert hosts.states("repair-after") == {"b": "clean", "c": "clean"}
    assert [hosts.version(host) for host in ("b", "c")] == ["2.0", "2.0"]


def test_a_host_on_which_nothing_is_installed_is_named_and_stops_no_other(hosts: Hosts) -> None:
    edited = hosts.tamper("c", "two", "gamma")
    # By itself it is a batch that fails, which ends a run.
    played = hosts.play("repair", "-e", "repair_serial=1")
    assert played.code == 1, played.output
    for name, state in (("repair-before", "tampered"), ("repair-after", "clean")):
        assert hosts.states(name) == {"a_new": "not_checked", "b": "clean", "c": state}
        assert f"Nothing is installed below {hosts.directory / 'a_new'}" in hosts.report(name)["a_new"]["message"]
        assert "hermetic.python.site" in hosts.report(name)["a_new"]["message"]
    assert "changed" not in edited.read_text()
    assert not (hosts.directory / "a_new").exists()
    # A directory that holds something else is no installation either, and one whose installation was removed says so too.
    (hosts.directory / "a_new").mkdir()
    (hosts.directory / "a_new" / "notes.txt").write_text("mine\n")
    shutil.rmtree(hosts.directory / "b")
    played = hosts.play("repair", "-e", "repair_serial=1")
    assert (played.code, hosts.states("repair-after")) == (1, {"a_new": "not_checked", "b": "not_checked", "c": "clean"}), played.output
    assert os.listdir(hosts.directory / "a_new") == ["notes.txt"]
    played = hosts.play("repair", "-e", "repair_declared=true", "-e", "repair_hosts=a_new")
    assert (played.code, hosts.version("a_new")) == (0, "1.0"), played.output


def test_repair_needs_no_declaration_that_can_be_resolved(hosts: Hosts) -> None:
    edited = hosts.tamper("b", "two", "gamma")
    (hosts.directory / "one.txt").write_text("alpha==1.0\n")
    played = hosts.play("repair", "-e", "repair_hosts=b")
    assert (played.code, hosts.states("repair-before"), hosts.states("repair-after")) == (0, {"b": "tampered"}, {"b": "clean"}), (
        played.output
    )
    assert "changed" not in edited.read_text()


def test_repair_goes_by_what_was_in_force_wherever_the_link_leads(hosts: Hosts) -> None:
    hosts.lock("one", "alpha-1.0", "beta-2.0")
    assert hosts.play("site", "--limit", "b,c").code == 0
    # The declaration is again what the first generation holds; that is pending, whatever somebody turned the link to.
    hosts.lock("one", "alpha-1.0", "beta-1.0")
    (hosts.directory / "b" / "current").unlink()
    (hosts.directory / "b" / "current").symlink_to("generations/1")
    (hosts.directory / "c" / "current").unlink()
    (hosts.directory / "c" / "state" / "generations" / "1.json").unlink()
    played = hosts.play("repair", "-e", "repair_hosts=b:c")
    assert played.code == 0, played.output
    assert (hosts.states("repair-before"), hosts.states("repair-after")) == (
        {"b": "tampered", "c": "tampered"},
        {"b": "clean", "c": "clean"},
    ), played.output
    assert [hosts.version(host) for host in ("b", "c")] == ["2.0", "2.0"]


def test_repair_brings_back_an_interpreter_that_does_not_start(hosts: Hosts) -> None:
    hosts.lock("one", "alpha-1.0", "beta-2.0")
    for interpreter in (hosts.directory / "b").glob("bundles/*/libexec/*"):
        interpreter.write_bytes(b"")
    played = hosts.play("repair", "-e", "repair_hosts=b")
    assert played.code == 0, played.output
    assert (hosts.states("repair-before"), hosts.states("repair-after")) == ({"b": "tampered"}, {"b": "clean"})
    assert hosts.version("b") == "1.0"


def test_rollback_shows_which_releases_and_packages_change(hosts: Hosts, bundle_archive: Archive, later_bundle_archive: Archive) -> None:
    hosts.lock("one", "alpha-1.0", "beta-2.0")
    hosts.variables["system_bundle_bundles"] = [{"name": "python", "release": later_bundle_archive.release}]
    assert hosts.play("site", "--limit", "b").code == 0
    for arguments in (("--check", "--diff"), ()):
        played = hosts.play("rollback", "-e", "rollback_hosts=b", *arguments)
        assert played.code == 0, played.output
        shown = next(each["result"]["msg"] for each in played.results if "which releases" in each["task"])
        assert shown[0] == f"Generation 2 -> 1{' (check mode, nothing was changed)' if arguments else ''}"
        assert f"bundle python replaced: {later_bundle_archive.release} -> {bundle_archive.release}" in shown
        assert "package one/beta: 2.0 -> 1.0" in shown
        assert [line.partition(":")[0] for line in shown[2:]] == [
            *("package of bundle python delta", "virtualenv one replaced", "package one/beta", "virtualenv two replaced")
        ]
        assert os.readlink(hosts.directory / "b" / "current").endswith("/2" if arguments else "/1")
        if arguments:
            assert f"-bundle:python {later_bundle_archive.release}" in played.output
            assert "+package:one/beta 1.0" in played.output


def test_a_service_is_restarted_when_its_environment_is_another_one_and_never_else(hosts: Hosts) -> None:
    """Run the recipe of docs/OPERATIONS.md, as a task and as a handler."""
    started = hosts.directory / "started"
    tasks: list[dict[str, Any]] = [
        {"ansible.builtin.import_role": {"name": "hermetic.python.system_bundle"}},
        {
            "name": "Restart the service when its VirtualEnv is another one",
            "ansible.builtin.shell": f"{hosts.directory}/b/envs/one/bin/python -c 'import beta' && echo task >>{started}",
            "when": "'one' in system_bundle_result.changed_virtualenvs",
        },
        {
            "name": "Tell the handler",
            "ansible.builtin.debug": {"msg": "one is another one"},
            "changed_when": "'one' in system_bundle_result.changed_virtualenvs",
            "notify": "restart one",
        },
    ]
    handlers = [{"name": "restart one", "ansible.builtin.shell": f"echo handler >>{started}"}]
    # The modules that restart something need a Python of the host.
    root = {**hosts.variables, **hosts.hosts["b"], "ansible_python_interpreter": f"{hosts.directory}/b/bin/python3"}

    def restarts(*arguments: str, **more: Any) -> tuple[list[str], list[str]]:
        started.write_text("")
        played = hosts.controller.play(tasks, *arguments, hosts={"b": {**root, **more}}, play={"handlers": handlers})
        assert played.code == 0, played.output
        result = next(each["result"] for each in played.results if "changed_virtualenvs" in each["result"])
        return started.read_text().split(), [step["action"] for step in result["plan"]]

    none: list[str] = []
    once = ["task", "handler"]
    assert restarts() == (none, [])
    hosts.lock("one", "alpha-1.0", "beta-2.0")
    assert restarts(system_bundle_state="repaired") == (none, [])
    assert restarts("--check")[0] == none
    assert restarts() == (once, ["build_environment", "switch"])
    hosts.lock("one", "alpha-1.0", "beta-1.0")
    # The environment is on the host: no step has its name, and the service has to be restarted all the same.
    assert restarts() == (once, ["switch"])
    # Of another environment only.
    hosts.lock("two", "gamma-1.0")
    assert restarts() == (none, ["build_environment", "switch"])
    hosts.tamper("b", "two", "gamma")
    assert restarts(system_bundle_verify="deep")[0] == none
    hosts.tamper("b", "one", "alpha")
    assert restarts(system_bundle_verify="deep", system_bundle_state="repaired")[0] == once
    assert restarts() == (none, [])
