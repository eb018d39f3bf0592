# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of a host that keeps itself as declared: what they play, what they report, and how they end."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from metadata_samples import Published
from play_fleet import lock_text
from plays import PROJECT, Controller
from pulling import ENVIRONMENT, HOST, PullingHost, git
from roots import Archive
from wheelhouse import Wheel

DRIFT = "hermetic.python.drift"


@pytest.fixture
def host(tmp_path: Path) -> PullingHost:
    return PullingHost(tmp_path)


def system(root: Path, bundle: Archive, **options: Any) -> dict[str, Any]:
    given = {"root": str(root), "bundles": [{"archive": str(bundle.path), "sha256": bundle.sha256}], **options}
    return {"hermetic.python.system": given}


def test_a_run_brings_the_host_to_its_declared_state_and_reports_that_it_is_clean(host: PullingHost, bundle_archive: Archive) -> None:
    root = host.directory / "root"
    host.publish(system(root, bundle_archive))
    ran = host.run()
    assert ran.code == 0, ran.output
    assert (root / "bin/python").exists(), ran.output
    entry = host.entry()
    assert (entry["state"], entry["bundles"]) == ("clean", {"python": bundle_archive.release})
    # What is tampered with is repaired by the next run.
    (root / "bin").unlink()
    ran = host.run()
    assert ran.code == 0, ran.output
    assert (root / "bin/python").exists()
    assert not list(host.reports.glob(".*.new"))


def test_the_report_of_a_host_lists_it_alone_although_its_inventory_has_the_fleet(host: PullingHost) -> None:
    host.use_git()
    names = [HOST, "db01.example.com", "localhost"]
    # For those who come from elsewhere, the host is reached by ssh, under a name that is not the one of this machine.
    hosts = "".join(f"    {name}: {{ansible_connection: ssh, root: {host.directory / 'nothing'}}}\n" for name in names)
    host.publish({DRIFT: {"root": "{{ root }}", "bundles": [{"release": "1.0"}]}, "ignore_errors": True}, hosts=f"all:\n  hosts:\n{hosts}")
    host.settings["inventory"] = "hosts.yml"
    first, second = host.run(), host.run()
    assert (first.code, second.code) == (0, 0), first.output + second.output
    # The second time, the inventory is there already when the repository is checked out.
    assert host.entry()["state"] == "not_checked"
    assert "db01.example.com" not in json.dumps(host.report())


def test_the_playbook_merges_what_hosts_have_left(tmp_path: Path) -> None:
    place, playbook = tmp_path / "pulled", PROJECT / "playbooks" / "merge_reports.yml"
    place.mkdir()
    (place / "web01.json").write_text("half of it")
    given = {"pulled_reports": [str(place)], "drift_report_directory": str(tmp_path / "all")}
    hosts: dict[str, dict[str, Any]] = {"localhost": {}, "web01": {}, "web02": {}}
    controller = Controller(tmp_path / "controller")
    merged = controller.play(None, "-e", json.dumps({**given, "pulled_hosts": "web*"}), hosts=hosts, playbook=playbook)
    assert merged.code == 1, merged.output
    found = json.loads((tmp_path / "all" / "drift.json").read_text())["hosts"]
    assert {name: entry["reason"] for name, entry in found.items()} == {"web01": "failed", "web02": "not_reached"}
    refused = controller.play(None, "-e", json.dumps({"drift_report_directory": str(tmp_path / "none")}), hosts=hosts, playbook=playbook)
    assert refused.code != 0 and "No reports are given" in refused.output


@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([{"ansible.builtin.fail": {"msg": "the database is away"}}], "the database is away"),
        ([{"no.such.module": {}}], "no.such.module"),
        ([], "does not name it"),
    ],
)
def test_a_run_that_fails_or_does_nothing_is_reported_as_not_checked(host: PullingHost, tasks: list[dict[str, Any]], words: str) -> None:
    host.publish(*tasks)
    ran = host.run()
    assert (ran.code != 0) == bool(tasks), ran.output
    entry = host.entry()
    assert (entry["state"], entry["reason"]) == ("not_checked", "failed")
    assert words in entry["message"]
    assert host.report()["exit"] == 1


def test_a_failure_after_the_collection_was_done_is_not_hidden_by_a_clean_report(host: PullingHost, bundle_archive: Archive) -> None:
    second = {"hosts": "all", "gather_facts": False, "roles": [{"role": "no_such_role"}]}
    host.publish(system(host.directory / "root", bundle_archive))
    text = (host.fleet / "local.yml").read_text()
    host.publish(local=text + json.dumps(second).join(("- ", "\n")))
    ran = host.run()
    assert ran.code != 0
    assert host.entry()["state"] == "not_checked", ran.output


def test_a_repository_that_is_away_is_reported(host: PullingHost) -> None:
    host.use_git()
    host.settings["source"]["url"] = f"file://{host.directory}/nowhere"
    ran = host.run()
    assert ran.code != 0
    assert "nowhere" in host.entry()["message"]


def test_a_commit_is_played_and_one_that_must_be_signed_and_is_not_is_refused(host: PullingHost) -> None:
    host.use_git()
    host.publish({"ansible.builtin.copy": {"content": "first", "dest": str(host.directory / "made"), "mode": "0644"}})
    first = git(host.fleet, "rev-parse", "HEAD")
    host.publish({"ansible.builtin.copy": {"content": "second", "dest": str(host.directory / "made"), "mode": "0644"}})
    host.settings["source"]["version"] = first
    git(host.fleet, "config", "uploadpack.allowAnySHA1InWant", "true")
    host.run()
    assert (host.directory / "made").read_text() == "first"
    (host.directory / "made").unlink()
    host.settings["source"] |= {"version": "main", "verify_commit": True}
    ran = host.run()
    assert ran.code != 0
    assert not (host.directory / "made").exists()
    assert host.entry()["reason"] == "failed"


def test_a_run_that_takes_too_long_ends_with_all_that_it_started(host: PullingHost) -> None:
    # A worker of Ansible leads a session of its own, and so does what it starts.
    host.publish({"ansible.builtin.command": "sh -c 'echo $$ > ../pid; exec sleep 1000'", "args": {"chdir": str(host.place / "home")}})
    host.settings["time_limit"] = 10
    ran = host.run()
    assert ran.code == 124, ran.output
    assert "after its 10 seconds" in host.entry()["message"]
    pid = (host.place / "pid").read_text().strip()
    until = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists() and time.monotonic() < until:
        time.sleep(0.1)
    assert not Path(f"/proc/{pid}").exists()


def test_a_second_run_does_nothing_while_one_goes_on(host: PullingHost) -> None:
    host.publish({"ansible.builtin.file": {"path": str(host.directory / "made"), "state": "touch", "mode": "0644"}})
    with open(host.place / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        ran = host.run()
    assert (ran.code, "Another run goes on" in ran.output) == (75, True)
    assert not (host.directory / "made").exists()
    assert not host.reports.exists()


def test_a_report_that_cannot_be_delivered_fails_the_run(host: PullingHost) -> None:
    host.publish({"ansible.builtin.debug": {"msg": "done"}})
    host.reports.write_text("no directory")
    ran = host.run()
    assert ran.code == 1
    assert f"{host.reports} cannot be a directory" in ran.output


@pytest.mark.root
def test_settings_that_another_user_could_change_are_not_followed(host: PullingHost) -> None:
    host.publish({"ansible.builtin.file": {"path": str(host.directory / "made"), "state": "touch", "mode": "0644"}})
    for mode, owner in ((0o777, 0), (0o755, 1234)):
        host.place.chmod(mode)
        os.chown(host.place, owner, owner)
        ran = host.run()
        assert ran.code == 1
        assert "others can write there" in ran.output
    assert not (host.directory / "made").exists()


def test_the_settings_of_a_host_can_be_checked_without_a_run(host: PullingHost) -> None:
    host.use_git()
    arguments = host.command("--validate")
    arguments[-2] = str(host.place / "settings.json")
    assert subprocess.run(arguments, check=False).returncode == 0
    (host.place / "settings.json").write_text(json.dumps({**host.settings, "host": "a b", "time_limit": 0}))
    done = subprocess.run(arguments, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert "host is 'a b'" in done.stderr and "time_limit is 0" in done.stderr
    assert ENVIRONMENT.is_dir() and not host.reports.exists()


def test_a_run_plays_the_archive_that_a_repository_publishes_and_reports_one_that_is_refused(host: PullingHost) -> None:
    published = Published(host.directory / "publisher")
    made = host.directory / "made"

    def release(text: str) -> None:
        host.publish({"ansible.builtin.copy": {"content": text, "dest": str(made), "mode": "0644"}})
        published.task(files=[{"name": "fleet", "path": str(host.archive())}])

    release("first")
    shutil.copytree(published.path, host.directory / "old")
    release("second")
    source = {"kind": "published", "repository": str(published.path), "name": "fleet", "public_key": str(published.public), "ca_path": ""}
    host.settings["source"] = source
    ran = host.run()
    assert made.read_text() == "second", ran.output
    source["repository"] = str(host.directory / "old")
    ran = host.run()
    assert ran.code == 1 and "rollback" in ran.output and "rollback" in host.entry()["message"]
    assert made.read_text() == "second"


def test_a_host_that_reaches_nothing_but_the_repository_installs_its_locks(
    host: PullingHost, bundle_archive: Archive, wheels: dict[str, Wheel]
) -> None:
    lock = lock_text(wheels["alpha-1.0"], wheels["beta-1.0"])
    (host.fleet / "requirements.txt").write_text(lock)
    published = Published(host.directory / "publisher")
    published.task(
        archives=[str(bundle_archive.path)],
        locks=[str(host.fleet / "requirements.txt")],
        bundle="python",
        channel="live",
        release=bundle_archive.release,
        find_links=[str(wheels["alpha-1.0"].path.parent)],
        index_url=(host.directory / "reports").as_uri(),
    )
    root = host.directory / "root"
    options = {
        "root": str(root),
        "repository": str(published.path),
        "public_key": str(published.public),
        "bundles": [{"name": "python", "channel": "live"}],
        "virtualenvs": [{"name": "tools", "lock": "requirements.txt"}],
        # Nothing answers there.
        "index_url": "http://127.0.0.1:9/simple",
    }
    host.publish({"hermetic.python.system": options})
    ran = host.run()
    assert ran.code == 0 and "127.0.0.1:9" not in ran.output, ran.output
    assert host.entry()["state"] == "clean"
    done = subprocess.run([str(root / "envs/tools/bin/python"), "-c", "import alpha, beta"], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
