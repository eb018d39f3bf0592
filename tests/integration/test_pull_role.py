# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role pull in real plays: what it installs on a host, what starts the runs, and that a run survives the replacement of its environment."""

from __future__ import annotations

import hashlib
import json
import os
import plistlib
import re
import shutil
import stat
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from metadata_samples import Published
from play_fleet import Fleet
from plays import PROJECT, Played
from pulling import ENVIRONMENT, HOST
from roots import Archive

ROLE = "hermetic.python.pull"
REQUIRED = (
    "ansible-core|attrs|certifi|cffi|charset-normalizer|cryptography|idna|jinja2|jsonschema|jsonschema-specifications|markupsafe|packaging|pip|"
    "pycparser|pyyaml|referencing|requests|resolvelib|rpds-py|typing-extensions|urllib3"
)
"""What a run imports, of the requirements of the collection."""


@pytest.fixture(scope="module")
def collection(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive of the collection, as a release builds it."""
    directory = tmp_path_factory.mktemp("collection")
    stage = [sys.executable, str(PROJECT / "tools/stage_collection.py"), str(directory / "staged")]
    staged = subprocess.run(stage, check=True, capture_output=True, text=True).stdout.strip()
    tool = Path(sys.executable).with_name("ansible-galaxy")
    environment = {**os.environ, "ANSIBLE_HOME": str(directory / "home")}
    subprocess.run(
        [str(tool), "collection", "build", "--output-path", str(directory), staged], check=True, env=environment, stdout=subprocess.DEVNULL
    )
    shutil.rmtree(directory / "staged")
    (archive,) = directory.glob("*.tar.gz")
    return archive


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def variables(tmp_path: Path, collection: Path, **others: Any) -> dict[str, Any]:
    return {
        "pull_directory": str(tmp_path / "pull"),
        "pull_environment": str(ENVIRONMENT),
        "pull_collection_archive": str(collection),
        "pull_collection_sha256": digest(collection),
        "pull_host": HOST,
        "pull_source": "archive",
        "pull_archive_url": str(tmp_path / "fleet.tar.gz"),
        "pull_report_directory": str(tmp_path / "reports"),
        "pull_trigger": "none",
        "__pull_cron_directory": str(tmp_path / "cron"),
        "__pull_systemd_directory": str(tmp_path / "systemd"),
        "__pull_launchd_directory": str(tmp_path / "launchd"),
        **others,
    }


def play(fleet: Fleet, given: Mapping[str, Any], *arguments: str) -> Played:
    # As extra variables, which weigh more than the places that the role itself knows.
    return fleet.controller.play(None, "-e", json.dumps(given), *arguments, play={"roles": [ROLE]})


def changes(played: Played) -> list[dict[str, Any]]:
    assert played.code == 0, played.output
    return [each["result"] for each in played.results if each["result"].get("changed")]


def pack(directory: Path, archive: Path, document: Any) -> str:
    """Pack a playbook and return the digest of the archive."""
    directory.mkdir(exist_ok=True)
    (directory / "local.yml").write_text(yaml.safe_dump(document, sort_keys=False))
    with tarfile.open(archive, "w:gz") as packed:
        packed.add(directory / "local.yml", "local.yml")
    return digest(archive)


def start(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return subprocess.run([str(tmp_path / "pull/run")], env=given, cwd="/", check=False, capture_output=True, text=True, timeout=900)


def test_the_role_installs_all_that_a_run_needs_and_removes_it_again(fleet: Fleet, tmp_path: Path, collection: Path) -> None:
    pack(tmp_path / "fleet", tmp_path / "fleet.tar.gz", [{"hosts": HOST, "gather_facts": False, "tasks": []}])
    published = Published(tmp_path / "publisher")
    published.task(files=[{"name": "fleet", "path": str(tmp_path / "fleet.tar.gz")}])
    secret = "hunter2secret"
    given = variables(tmp_path, collection, pull_archive_name="fleet", pull_trigger="cron", pull_interval=60)
    given |= {"pull_archive_repository": str(published.path), "pull_public_key": str(published.root)}
    del given["pull_archive_url"]
    given |= {"pull_report_url": "https://localhost:9/", "pull_report_username": "me", "pull_report_password": secret}
    (tmp_path / "cron").mkdir()
    first = play(fleet, given, "-vvv", "--diff")
    assert changes(first)
    assert secret not in first.output and "already in use" not in first.output
    place = tmp_path / "pull"
    assert [path for path in place.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()] == [place / "credentials"]
    assert stat.S_IMODE((place / "credentials").stat().st_mode) == 0o600
    source = json.loads((place / "settings.json").read_text())["source"]
    assert (source["kind"], source["name"], source["repository"]) == ("published", "fleet", str(published.path))
    assert (place / "archive.pub").read_bytes() == published.root.read_bytes()
    installed = place / "collections" / given["pull_collection_sha256"]
    assert (installed / "ansible_collections/hermetic/python/MANIFEST.json").exists()
    writable = [path for path in (installed / "ansible_collections").rglob("*") if path.stat().st_mode & 0o222]
    assert (writable, sorted(each.name for each in installed.iterdir() if "hermetic.python" not in each.name)) == (
        [],
        ["ansible_collections"],
    )
    line = (tmp_path / "cron/hermetic-pull").read_text().splitlines()[-1]
    assert line == f"0 */1 * * * root {place}/run --delayed >{place}/log 2>&1"
    assert changes(play(fleet, given)) == []
    # The collection that was installed runs: the playbook does nothing for the host, and nobody takes the report.
    ran = start(tmp_path)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert [path.name for path in (place / "archives").glob("*/tree/*")] == ["local.yml"]
    assert "localhost:9" in ran.stderr and secret not in ran.stdout + ran.stderr
    assert json.loads((tmp_path / "reports" / f"{HOST}.json").read_text())["hosts"][HOST]["state"] == "not_checked"
    (place / "of somebody else").touch()
    assert changes(play(fleet, {**given, "pull_state": "absent"}, "--check"))
    assert (place / "run").exists()
    assert changes(play(fleet, {**given, "pull_state": "absent"}))
    assert [path.name for path in place.iterdir()] == ["of somebody else"]
    assert list((tmp_path / "cron").iterdir()) == []
    assert changes(play(fleet, {**given, "pull_state": "absent"})) == []


def refused(fleet: Fleet, given: dict[str, Any], *words: str) -> None:
    played = play(fleet, given)
    assert played.code != 0
    for each in words:
        assert each in re.sub(r"\s+", " ", played.output), each


def test_variables_that_cannot_be_used_are_refused_all_at_once_with_what_to_do(fleet: Fleet, tmp_path: Path) -> None:
    given = {
        "pull_directory": "/",
        "pull_interval": 7,
        "pull_collection_archive": "x",
        "pull_collection_sha256": "abc",
        "pull_source": "archive",
    }
    words = (
        "at least two parts",
        "uv pip compile",
        "sha256sum prints",
        "expected one of 5, 10",
        "pull_archive_url is not set",
        "nobody would see",
    )
    refused(fleet, given, *words)
    named = {**given, "pull_archive_name": "fleet", "pull_archive_url": "x"}
    also = ("absolute paths of letters", "expected also the address of the repository", "no pull_archive_url")
    refused(fleet, {**named, "pull_directory": f"{tmp_path}/a b"}, *also)
    assert not (tmp_path / "a b").exists()


def test_an_archive_with_another_digest_and_settings_of_no_use_leave_no_trigger(fleet: Fleet, tmp_path: Path, collection: Path) -> None:
    (tmp_path / "cron").mkdir()
    given = variables(tmp_path, collection, pull_trigger="cron", pull_archive_sha256="0" * 64)
    refused(fleet, {**given, "pull_collection_sha256": "0" * 64}, "expected " + "0" * 64, "Nothing was installed from it")
    refused(fleet, {**given, "pull_archive_sha256": "", "pull_playbook": "../x.yml"}, "needs a public_key", "expected a relative path")
    assert not (tmp_path / "pull/settings.json").exists()
    assert list((tmp_path / "cron").iterdir()) == []


@pytest.mark.parametrize(
    ("interval", "calendar", "cron"),
    [
        (5, "*:0/5", "*/5 * * * *"),
        (30, "*:0/30", "*/30 * * * *"),
        (60, "*-*-* 0/1:00", "0 */1 * * *"),
        (1440, "*-*-* 0:00", "0 0 * * *"),
    ],
)
def test_the_triggers_are_what_their_programs_read(tmp_path: Path, interval: int, calendar: str, cron: str) -> None:
    variables = yaml.safe_load((PROJECT / "roles/pull/vars/main.yml").read_text())
    known: dict[str, Any] = {
        "pull_interval": interval,
        "pull_delay": interval,
        "pull_time_limit": 30,
        "pull_directory": "/var/lib/hermetic-pull",
    }
    jinja = jinja2.Environment(loader=jinja2.FileSystemLoader(PROJECT / "roles/pull/templates"), undefined=jinja2.StrictUndefined)
    for name in ("__pull_calendar", "__pull_cron", "__pull_label"):
        known[name] = jinja.from_string(variables[name]).render(known)
    assert (known["__pull_calendar"], known["__pull_cron"]) == (calendar, cron)
    job = plistlib.loads(jinja.get_template("launchd.plist.j2").render(known).encode())
    assert (job["StartInterval"], job["Label"]) == (interval * 60, "hermetic-pull")
    assert job["ProgramArguments"][2] == "exec /var/lib/hermetic-pull/run --delayed >/var/lib/hermetic-pull/log 2>&1"
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed; the units were not read by systemd")
    (tmp_path / "run").write_text("#!/bin/sh\n")
    (tmp_path / "run").chmod(0o755)
    for kind in ("service", "timer"):
        (tmp_path / f"hermetic-pull.{kind}").write_text(jinja.get_template(f"{kind}.j2").render({**known, "pull_directory": str(tmp_path)}))
        checked = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", str(tmp_path / f"hermetic-pull.{kind}")], check=False, capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stderr
        assert "hermetic-pull" not in checked.stderr, checked.stderr
    elapsed = subprocess.run(["systemd-analyze", "calendar", known["__pull_calendar"]], check=False, capture_output=True, text=True)
    assert elapsed.returncode == 0, elapsed.stderr


@pytest.mark.network
def test_a_run_that_replaces_the_environment_it_runs_from_comes_to_its_end(
    fleet: Fleet, tmp_path: Path, collection: Path, bundle_archive: Archive, later_bundle_archive: Archive
) -> None:
    locked = (PROJECT / "requirements/controller.txt").read_text()
    lock = tmp_path / "pull-requirements.txt"
    lock.write_text("".join(re.findall(rf"^(?:{REQUIRED})==.*\n(?:    .*\n)*", locked, re.MULTILINE)))
    root = tmp_path / "infra-pull"
    given = {
        **variables(tmp_path, collection, pull_root=str(root), pull_lock=str(lock), pull_keep_generations=1),
        "pull_repository": str(fleet.repository),
        "pull_release": bundle_archive.release,
    }
    del given["pull_environment"]
    # What the role is given by the run is what it was given before, but for the release; what comes after it is loaded after the switch.
    after = {
        "ansible.builtin.copy": {
            "content": "{{ query('ansible.builtin.sequence', 'count=3') }}",
            "dest": str(tmp_path / "done"),
            "mode": "0644",
        }
    }
    renewed = {**given, "pull_release": later_bundle_archive.release, "pull_archive_sha256": "{{ lookup('ansible.builtin.file', digest) }}"}
    renewed["digest"] = str(tmp_path / "digest")
    document = [{"hosts": HOST, "gather_facts": False, "vars": renewed, "roles": [ROLE], "tasks": [after]}]
    (tmp_path / "digest").write_text(pack(tmp_path / "fleet", tmp_path / "fleet.tar.gz", document))
    assert changes(play(fleet, {**given, "pull_archive_sha256": (tmp_path / "digest").read_text()}))
    before = (root / "envs/pull").resolve()
    ran = start(tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (tmp_path / "done").read_text()
    now = (root / "envs/pull").resolve()
    assert now != before
    # The tree that the run came from was in use, and is kept although no generation has it.
    assert before.exists()
    report = json.loads((tmp_path / "reports" / f"{HOST}.json").read_text())["hosts"][HOST]
    assert (report["state"], report["bundles"]) == ("clean", {"python": later_bundle_archive.release})
    again = start(tmp_path)
    assert again.returncode == 0, again.stdout + again.stderr
    pruned = fleet.module("generation", root=str(root), state="pruned", keep_generations=1)
    assert pruned.code == 0, pruned.output
    assert not before.exists() and now.exists()
    assert changes(play(fleet, {**given, "pull_state": "absent"}))
    assert not root.exists() and not (tmp_path / "pull").exists()
