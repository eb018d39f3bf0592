# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The example inventory, copied as its README says, is a fleet of its own hosts, each with the VirtualEnvs of all its groups."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from plays import PROJECT

GROUP_VARS = PROJECT / "inventories" / "example" / "group_vars"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Return a directory as the README shows it, with a file in each place that the inventory names, and what they are made from."""
    shutil.copytree(PROJECT / "inventories" / "example", tmp_path / "inventories" / "prod")
    named = re.findall(r"\{\{ inventory_dir \}\}/(\S+?)\"", "".join(path.read_text() for path in GROUP_VARS.iterdir()))
    assert len(named) == 5
    for name in [*named, "../../locks/web.in", "../../locks/maintenance.in"]:
        path = tmp_path / "inventories" / "prod" / name
        path.parent.resolve().mkdir(exist_ok=True)
        path.write_text("requests\n[packages]\n")
    return tmp_path


def run(directory: Path, tool: str, *words: str) -> str:
    """Run a tool of Ansible without any configuration of its own, and return what it prints; a warning is an error."""
    settings = directory / "empty.cfg"
    settings.touch()
    environment = {
        **os.environ,
        "ANSIBLE_CONFIG": str(settings),
        "ANSIBLE_HOME": str(directory / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"),
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    }
    command = [str(Path(sys.executable).with_name(tool)), "-i", "inventories/prod", *words]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stderr, done.stderr
    return done.stdout


def test_the_directory_is_an_inventory_of_nothing_but_the_hosts(copied: Path) -> None:
    found = json.loads(run(copied, "ansible-inventory", "--list"))
    hosts = {host for group in found.values() for host in group.get("hosts", ())}
    assert len(hosts) == 13
    assert all(host.endswith(".example.com") for host in hosts)
    assert set(found) - {"_meta"} <= {
        "all",
        "linux",
        "linux_x86_64",
        "linux_aarch64",
        "macos",
        "windows",
        "canary",
        "webservers",
        "builders",
    }


def test_a_host_in_two_groups_has_the_virtualenvs_of_both(copied: Path) -> None:
    hosts = copied / "inventories" / "prod" / "hosts.yml"
    hosts.write_text(
        hosts.read_text().replace("mac-builder[01:02].example.com:\n        win-builder", "web01.example.com:\n        win-builder")
    )
    vars_of_host = copied / "inventories" / "prod" / "host_vars"
    vars_of_host.mkdir()
    (vars_of_host / "web02.example.com.yml").write_text("system_bundle_virtualenvs_webservers: []\n")
    show: dict[str, Any] = {"ansible.builtin.debug": {"msg": "{{ inventory_hostname }}={{ __system_bundle_virtualenvs | to_json }}"}}
    role = PROJECT / "roles" / "system_bundle"
    # The role's defaults would stand above the inventory here.
    defaults = {"system_bundle_handlers": True, "system_bundle_notify": True}
    play = {"hosts": "webservers", "gather_facts": False, "vars": defaults, "vars_files": [str(role / "vars/main.yml")]}
    (copied / "play.yml").write_text(yaml.safe_dump([{**play, "tasks": [show]}]))
    told = run(copied, "ansible-playbook", "play.yml", "--limit", "web0[1-3]*")
    declared = {host: json.loads(json.loads(f'"{text}"')) for host, text in re.findall(r'"msg": "(web0\d)\S+?=(.*)"', told)}
    assert {host: [each["name"] for each in found] for host, found in declared.items()} == {
        "web01": ["maintenance", "recipes", "web"],
        "web02": ["maintenance"],
        "web03": ["maintenance", "web"],
    }
    for each in declared["web01"]:
        assert Path(each["lock"]).resolve().parent == copied / "locks"
        assert Path(each["lock"]).exists()
