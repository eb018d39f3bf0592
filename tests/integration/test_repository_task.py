# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``repository`` as Ansible runs it: check mode, diff, errors and secrets."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("ansible")

from ansible_collections.hermetic.python.plugins.plugin_utils.repository import signature
from supply_samples import make_bundle

PROJECT = Path(__file__).resolve().parents[2]
PASSPHRASE = "swordfish-is-the-word"


def ansible(tmp_path: Path, *flags: str, **options: object) -> tuple[int, str]:
    (tmp_path / "ansible.cfg").touch()
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(PROJECT / ".collections"),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "LC_ALL": "C.UTF-8",
    }
    command = [str(Path(sys.executable).parent / "ansible"), "localhost", "-m", "hermetic.python.repository", *flags]
    done = subprocess.run(
        [*command, "-a", json.dumps({"path": str(tmp_path / "repository"), **options})],
        env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_task_publishes_signs_and_tells_no_secret(tmp_path: Path) -> None:
    archive = make_bundle(tmp_path / "build")
    options = {
        "archives": [str(archive)], "channel": "stable", "release": "3.12.1+1", "generate_key": True,
        "private_key": str(tmp_path / "key.pem"), "passphrase": PASSPHRASE,
    }  # fmt: skip
    code, said = ansible(tmp_path, "--check", "--diff", **options)
    assert code == 0 and "CHANGED" in said and "+bundle python: channel stable is 3.12.1+1" in said
    assert not (tmp_path / "repository").exists()
    code, said = ansible(tmp_path, "-vvv", **options)
    assert code == 0 and "CHANGED" in said and '"serial": 1' in said and PASSPHRASE not in said
    code, said = ansible(tmp_path, "--diff", **options)
    assert code == 0 and "SUCCESS" in said and '"changed": false' in said
    code, said = ansible(tmp_path, state="verified", public_key=str(tmp_path / "key.pem.pub"))
    assert code == 0, said


def test_a_task_signs_by_roles_with_relative_files_and_tells_no_secret(tmp_path: Path) -> None:
    for name in ("offline", "online"):
        signature.make_keys(tmp_path / f"{name}.pem", tmp_path / f"{name}.pub", passphrase=PASSPHRASE)
    held = {name: [{"private_key": f"{name}.pem", "passphrase": PASSPHRASE}] for name in ("offline", "online")}
    both = [{"roles": ["root", "targets"], "keys": held["offline"]}, {"roles": ["snapshot", "timestamp"], "keys": held["online"]}]
    options = {"archives": [str(make_bundle(tmp_path / "build"))], "keys": both, "expiry_days": {"timestamp": 2}}
    code, said = ansible(tmp_path, "-vvv", "--playbook-dir", str(tmp_path), **options)
    assert code == 0 and "CHANGED" in said and PASSPHRASE not in said, said
    root = str(tmp_path / "repository" / "metadata" / "1.root.json")
    code, said = ansible(tmp_path, state="verified", public_key=root)
    assert code == 0, said
    wrong = [{"roles": ["snapshot", "timestamp"], "keys": [{"private_key": "online.pem", "passphrase": f"{PASSPHRASE}x"}]}]
    code, said = ansible(tmp_path, "-vvv", "--playbook-dir", str(tmp_path), state="refreshed", keys=wrong)
    assert code != 0 and "the passphrase is wrong" in said and PASSPHRASE not in said, said


def test_a_task_that_cannot_be_done_fails_with_every_reason(tmp_path: Path) -> None:
    code, said = ansible(tmp_path, channel="stable", platforms=["linux-x86_64"])
    assert code != 0 and "The options of this task cannot be used" in said
    assert "channel is given without the release" in said and "platforms is given without locks" in said
    code, said = ansible(tmp_path, locks=["gone.toml"], release="1")
    assert code != 0 and "The lock 'gone.toml' is not on the controller" in said
    code, said = ansible(tmp_path, unheard_of=1)
    assert code != 0 and "unheard_of" in said
