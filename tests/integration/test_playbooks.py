# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real plays against real roots: what a user of Ansible sees of every target module."""

from __future__ import annotations

import functools
import http.server
import json
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from play_fleet import SYSTEM, Fleet
from plays import PROJECT, Controller, Played
from roots import Archive, output, snapshot


@pytest.fixture
def converged(fleet: Fleet) -> Fleet:
    """Return the fleet with its root as declared."""
    played = fleet.module("system", **fleet.options())
    assert played.code == 0, played.output
    return fleet


def test_check_mode_on_a_host_without_anything_plans_everything_and_makes_nothing(tmp_path: Path, fleet: Fleet) -> None:
    root = tmp_path / "fresh"
    played = fleet.module("system", "--check", "--diff", **fleet.options(root=str(root)))
    assert played.code == 0, played.output
    assert [step["action"] for step in played.last["plan"]] == ["install_bundle", "build_environment", "build_environment", "switch"]
    assert played.last["changed"] is True
    assert "virtualenv:one" in played.last["diff"]["after"]
    assert not root.exists()


def test_a_host_without_python_is_converged_and_the_second_run_changes_nothing(fleet: Fleet) -> None:
    first = fleet.module("system", **fleet.options())
    assert first.code == 0, first.output
    assert first.last["changed"] is True
    assert first.last["generation"] == {"before": None, "after": 1}
    assert "bootstrap" in first.last["timings"]
    assert output([str(fleet.root / "envs/one/bin/alpha")]).startswith("alpha ")
    before = snapshot(fleet.root)
    second = fleet.module("system", "--diff", **fleet.options())
    assert second.last["changed"] is False
    assert second.last["plan"] == []
    assert "diff" not in second.last
    assert snapshot(fleet.root) == before
    assert not list(fleet.root.glob(".bootstrap-*"))


def test_drift_names_what_was_changed_and_system_repairs_it(converged: Fleet) -> None:
    edited = next((converged.root / "envs/one").resolve().glob("lib/python*/site-packages/alpha/__init__.py"))
    edited.write_text("changed\n")
    played = converged.module("drift", **converged.options())
    assert played.code == 0
    (finding,) = played.last["findings"]
    assert (finding["kind"], finding["cause"], finding["path"]) == ("modified", "tampered", str(edited))
    assert played.last["changed"] is False
    repaired = converged.module("system", **converged.options())
    assert {step["action"] for step in repaired.last["plan"]} == {"repair_environment"}
    assert converged.module("drift", **converged.options(verify="deep")).last["findings"] == []


def test_drift_without_a_declaration_holds_the_host_against_its_generation(converged: Fleet) -> None:
    played = converged.module("drift", root=str(converged.root))
    assert played.last["findings"] == []
    stray = converged.root / "current" / "bin" / "stray"
    stray.touch()
    try:
        (finding,) = converged.module("drift", root=str(converged.root)).last["findings"]
        assert (finding["subject"], finding["kind"], finding["cause"]) == ("generation", "unexpected", "tampered")
    finally:
        stray.unlink()


def test_virtualenv_changes_one_environment_and_leaves_the_rest(converged: Fleet) -> None:
    lock = converged.lock("extra", converged.wheels["delta-1.0"])
    options = {"root": str(converged.root), "find_links": converged.options()["find_links"]}
    added = converged.module("virtualenv", name="extra", lock=lock, **options)
    assert added.code == 0, added.output
    assert added.last["changed"] is True
    assert sorted(path.name for path in (converged.root / "envs").iterdir()) == ["extra", "one", "two"]
    assert converged.module("virtualenv", name="extra", lock=lock, **options).last["changed"] is False
    removed = converged.module("virtualenv", name="extra", state="absent", root=str(converged.root))
    assert removed.last["changed"] is True
    assert sorted(path.name for path in (converged.root / "envs").iterdir()) == ["one", "two"]


def test_a_new_release_moves_the_environments_and_rollback_brings_everything_back(converged: Fleet, later_bundle_archive: Archive) -> None:
    before = (converged.root / "bin/python").resolve()
    upgraded = converged.module("bundle", name="python", release=later_bundle_archive.release, **_places(converged))
    assert upgraded.code == 0, upgraded.output
    assert (converged.root / "bin/python").resolve() != before
    assert output([str(converged.root / "envs/one/bin/alpha")])
    back = converged.module("generation", "--diff", root=str(converged.root), number="previous")
    assert back.last["changed"] is True
    assert (converged.root / "bin/python").resolve() == before
    assert converged.module("generation", root=str(converged.root), number=str(back.last["generation"]["after"])).last["changed"] is False


def _places(fleet: Fleet) -> dict[str, Any]:
    return {"root": str(fleet.root), "repository": str(fleet.repository)}


def test_system_info_tells_what_is_installed_and_the_platform(converged: Fleet) -> None:
    played = converged.module("system_info", root=str(converged.root))
    assert played.last["changed"] is False
    assert {each["name"] for each in played.last["info"]["virtualenvs"]} == {"one", "two"}
    one = next(each for each in played.last["info"]["virtualenvs"] if each["name"] == "one")
    assert [package["name"] for package in one["packages"]] == ["alpha", "beta"]
    assert played.last["platform"].startswith("linux-")


def test_generations_are_pinned_unpinned_and_pruned(converged: Fleet) -> None:
    number = converged.module("system_info", root=str(converged.root)).last["info"]["generation"]
    kept = converged.module("generation", root=str(converged.root), state="pinned", number=str(number))
    assert kept.last["changed"] is True
    assert converged.module("generation", root=str(converged.root), state="pinned", number=str(number)).last["changed"] is False
    assert converged.module("generation", root=str(converged.root), state="unpinned", number=str(number)).last["changed"] is True
    converged.module("generation", root=str(converged.root), state="pruned", keep_generations=1)
    current = os.readlink(converged.root / "current").rpartition("/")[2]
    staying = {path.name for path in (converged.root / "generations").iterdir()}
    # The newest one, and the one in force where an earlier test went back.
    assert current in staying
    assert len(staying) <= 2
    assert converged.module("drift", **converged.options(verify="deep")).last["findings"] == []


class _Private(http.server.SimpleHTTPRequestHandler):
    """Serves a directory to whoever knows the password."""

    seen: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        if self.headers.get("Authorization") != "Basic b3BzOnMzY3JldC1wYXNz":
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.end_headers()
            return
        self.seen.append(self.path)
        super().do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def private_server(fleet: Fleet) -> Iterator[str]:
    """Serve the repository over HTTP with a password."""
    _Private.seen.clear()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Private, directory=str(fleet.repository)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_a_repository_behind_a_password_is_used_and_the_password_shows_nowhere(fleet: Fleet, tmp_path: Path, private_server: str) -> None:
    root = tmp_path / "r"
    options = fleet.options(
        root=str(root),
        repository=private_server,
        virtualenvs=[],
        credentials={"127.0.0.1": {"username": "ops", "password": "s3cret-pass"}},
    )
    played = fleet.module("system", "-vvv", **options)
    assert played.code == 0, played.output[-3000:]
    assert any(path.endswith(".tar.gz") for path in _Private.seen)
    # The task's own text may stand in the playbook that Ansible prints on errors; what modules and hosts say must not hold it.
    assert "s3cret-pass" not in json.dumps(played.results)
    assert "s3cret-pass" not in played.output
    for path in root.rglob("*"):
        if path.is_file() and path.suffix == ".json":
            assert "s3cret-pass" not in path.read_text(encoding="utf-8", errors="replace")


def test_a_task_in_the_background_does_the_same(fleet: Fleet, tmp_path: Path) -> None:
    root = tmp_path / "r"
    # Asking for the job's state is Ansible's own module, which needs a Python; the task itself does not use it.
    hosts = {"here": {"ansible_python_interpreter": sys.executable}}
    played = fleet.controller.play([{SYSTEM: fleet.options(root=str(root)), "async": 120, "poll": 1}], hosts=hosts)
    assert played.code == 0, played.output
    assert played.last["changed"] is True
    assert output([str(root / "bin/python"), "-c", "print(1)"]) == "1\n"
    assert not list(root.glob(".bootstrap-*"))


def test_delegation_changes_the_host_that_is_delegated_to(fleet: Fleet, tmp_path: Path) -> None:
    hosts = {"asks": {"ansible_connection": "ssh", "ansible_host": "127.0.0.2", "ansible_port": 9}, "does": {}}
    root = tmp_path / "r"
    task = {SYSTEM: fleet.options(root=str(root), virtualenvs=[]), "delegate_to": "does"}
    played = fleet.controller.play([task], "--limit", "asks", hosts=hosts)
    assert played.code == 0, played.output
    assert (root / "bin/python").exists()


@pytest.mark.root
def test_become_makes_the_root_belong_to_the_user_that_is_become(fleet: Fleet, tmp_path: Path) -> None:
    root = Path("/var/tmp") / f"hermetic-become-{os.getpid()}"
    if not Path("/usr/bin/su").exists() and not Path("/bin/su").exists():
        pytest.skip("this machine has no su")
    root.mkdir()
    os.chown(root, 65534, 65534)
    try:
        become = {"become": True, "become_user": "nobody", "become_method": "ansible.builtin.su", "become_flags": "-s /bin/sh"}
        variables = {"ansible_remote_tmp": "/var/tmp/hermetic-remote", "ansible_shell_allow_world_readable_temp": True}
        played = fleet.controller.play([{SYSTEM: fleet.options(root=str(root / "r"), virtualenvs=[]), **become}], hosts={"here": variables})
        assert played.code == 0, played.output
        assert (root / "r" / "current").lstat().st_uid == 65534
        assert {path.lstat().st_uid for path in (root / "r" / "bundles").iterdir()} == {65534}
    finally:
        import shutil

        shutil.rmtree(root, ignore_errors=True)


def test_a_damaged_interpreter_is_replaced_by_a_fresh_one_for_the_repair(fleet: Fleet, tmp_path: Path) -> None:
    root = tmp_path / "r"
    assert fleet.module("system", **fleet.options(root=str(root), virtualenvs=[])).code == 0
    tree = (root / "bin/python").resolve().parents[1]
    next(tree.glob("lib/python*/json/decoder.py")).unlink()
    next(tree.glob("lib/python*/json/__pycache__")).joinpath(f"decoder.{_cache_tag(tree)}.pyc").unlink()
    played = fleet.module("system", **fleet.options(root=str(root), virtualenvs=[]))
    assert played.code == 0, played.output
    assert {step["action"] for step in played.last["plan"]} == {"repair_bundle"}
    assert fleet.module("drift", root=str(root), verify="deep").last["findings"] == []


def _cache_tag(tree: Path) -> str:
    version = json.loads((tree / "bundle.json").read_text())["python"]["version"].split(".")
    return f"cpython-{version[0]}{version[1]}"


def test_a_signed_repository_is_accepted_with_its_key_only(tmp_path: Path, fleet: Fleet, bundle_archive: Archive) -> None:
    key, other = tmp_path / "key", tmp_path / "other"
    for private, where in ((key, tmp_path / "signed"), (other, tmp_path / "elsewhere")):
        made = fleet.module(
            "repository",
            path=str(where),
            archives=[str(bundle_archive.path)],
            channel="stable",
            release=bundle_archive.release,
            private_key=str(private),
            generate_key=True,
        )
        assert made.code == 0, made.output
    options = fleet.options(root=str(tmp_path / "r"), repository=str(tmp_path / "signed"), virtualenvs=[])
    refused = fleet.module("system", **{**options, "public_key": f"{other}.pub"})
    assert refused.code == 2
    assert "signature" in refused.last["msg"].lower()
    assert not (tmp_path / "r").exists()
    accepted = fleet.module("system", **{**options, "public_key": f"{key}.pub"})
    assert accepted.code == 0, accepted.output


def test_the_playbooks_of_the_project_converge_report_repair_and_roll_back(fleet: Fleet, tmp_path: Path) -> None:
    options = fleet.options()
    variables = {
        "system_bundle_repository": options["repository"],
        "system_bundle_find_links": options["find_links"],
        "system_bundle_virtualenvs": options["virtualenvs"],
        "drift_report_directory": str(tmp_path / "reports"),
    }
    hosts = {name: {**variables, "system_bundle_root": str(tmp_path / name)} for name in ("a", "b")}
    controller = Controller(tmp_path / "controller")

    def run(name: str, *arguments: str) -> Played:
        return controller.play(None, *arguments, playbook=PROJECT / "playbooks" / f"{name}.yml", hosts=hosts)

    assert run("site").code == 0
    clean = run("drift")
    assert clean.code == 0, clean.output
    (tmp_path / "b" / "current" / "bin" / "python").unlink()
    drifted = run("drift")
    assert drifted.code == 2
    report = json.loads((tmp_path / "reports" / "drift.json").read_text())
    assert (report["hosts"]["a"]["state"], report["hosts"]["b"]["state"], report["exit"]) == ("clean", "tampered", 2)
    assert "missing   t* generation" in (tmp_path / "reports" / "drift.txt").read_text()
    assert run("repair").code == 0
    states = [json.loads((tmp_path / "reports" / f"repair-{when}.json").read_text())["hosts"]["b"]["state"] for when in ("before", "after")]
    assert states == ["tampered", "clean"]
    hosts["b"]["system_bundle_virtualenvs"] = []
    assert run("site").code == 0
    assert not list((tmp_path / "b" / "envs").iterdir())
    assert run("rollback", "-e", "rollback_hosts=b").code == 0
    assert len(list((tmp_path / "b" / "envs").iterdir())) == 2
    refused = run("rollback")
    assert refused.code == 2


def test_a_host_that_cannot_be_reached_is_not_checked_and_never_clean(fleet: Fleet, tmp_path: Path) -> None:
    variables: dict[str, Any] = {
        "drift_report_directory": str(tmp_path / "reports"),
        "system_bundle_bundles": [],
        "system_bundle_root": str(fleet.root),
    }
    hosts = {"here": dict(variables), "gone": {**variables, "ansible_connection": "ssh", "ansible_host": "127.0.0.2", "ansible_port": 9}}
    played = fleet.controller.play(None, playbook=PROJECT / "playbooks" / "drift.yml", hosts=hosts, ANSIBLE_TIMEOUT="3")
    assert played.code == 1
    report = json.loads((tmp_path / "reports" / "drift.json").read_text())
    assert (report["hosts"]["gone"]["state"], report["hosts"]["gone"]["reason"]) == ("not_checked", "unreachable")
    assert report["totals"]["clean"] <= 1
    assert report["exit"] == 1
