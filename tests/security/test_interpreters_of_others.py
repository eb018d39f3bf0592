# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An interpreter that another user may change is not started, neither by a module nor by a verification."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from plays import Controller
from roots import Archive, Declared, Root
from roots_of_others import EVE

pytestmark = pytest.mark.root


def test_no_module_runs_the_interpreter_of_another_user(tmp_path: Path, exposed: Root) -> None:
    python = exposed.bundle() / "bin" / "python3"
    real = python.resolve()
    real.rename(real.with_name("real"))
    real.write_text(f'#!/bin/sh\necho "$0 $@" >>{tmp_path}/ran\nexec {real.with_name("real")} "$@"\n')
    real.chmod(0o755)
    subprocess.run(["chown", "-hR", str(EVE), str(exposed.path)], check=True)
    lock = exposed.path / "state" / "lock"
    victim = tmp_path / "victim"
    victim.write_text("secret")
    lock.unlink(missing_ok=True)
    lock.symlink_to(victim)
    archive = exposed.declared.bundles["python"]
    bundle = {"name": "python", "archive": str(archive.path), "sha256": archive.sha256}
    tasks: list[dict[str, dict[str, Any]]] = [
        {"hermetic.python.system_info": {}},
        {"hermetic.python.drift": {}},
        {"hermetic.python.drift": {"bundles": [bundle]}},
        {"hermetic.python.generation": {"state": "pruned"}},
        {"hermetic.python.system": {"bundles": [bundle]}},
        {"hermetic.python.bundle": bundle},
        {"hermetic.python.virtualenv": {"name": "web", "state": "absent"}},
    ]
    tasks = [{name: {**options, "root": str(exposed.path), "unsafe_parent": True} for name, options in task.items()} for task in tasks]
    played = Controller(tmp_path / "controller").play([{**task, "ignore_errors": True} for task in tasks])
    assert len(played.results) == len(tasks), played.output
    for each in played.results:
        assert f"belongs to uid {EVE}" in each["result"]["msg"] and "become_user" in each["result"]["msg"]
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
    assert victim.read_text() == "secret"


def test_a_bundle_that_was_given_away_is_not_run_but_repaired(
    tmp_path: Path, make_root: Callable[[Path, Declared], Root], bundle_archive: Archive
) -> None:
    # Ansible's own code does not run on the slim bundle of the other tests.
    root = make_root(tmp_path / "root", Declared({"python": bundle_archive}))
    root.converge()
    tree = root.bundle()
    real = (tree / "bin" / "python3").resolve()
    real.rename(real.with_name("real"))
    real.write_text(f'#!/bin/sh\necho "$0 $@" >>{tmp_path}/ran\nexec {real.with_name("real")} "$@"\n')
    real.chmod(0o755)
    subprocess.run(["chown", "-hR", str(EVE), str(tree / "bin")], check=True)
    common = {"root": str(root.path)}
    bundle = {"name": "python", "archive": str(bundle_archive.path), "sha256": bundle_archive.sha256}
    tasks: list[dict[str, Any]] = [
        {"hermetic.python.system_info": common},
        {"hermetic.python.drift": common},
        {"hermetic.python.bundle": {**common, **bundle}},
        {"hermetic.python.drift": common},
    ]
    played = Controller(tmp_path / "controller").play(tasks)
    assert played.code == 0, played.output
    info, before, repaired, after = (each["result"] for each in played.results)
    assert info["info"]["damaged"] == [tree.name]
    assert [(finding["kind"], str(tree / "bin") in finding["actual"]) for finding in before["findings"]] == [("owner", True)]
    assert repaired["changed"] and "was not started, since another user may change it" in json.dumps(repaired["warnings"])
    assert after["clean"], after["findings"]
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()


@pytest.mark.parametrize("verify", ["none", "quick"])
@pytest.mark.parametrize("name", ["bin", "lib/{python}/os.py"])
def test_no_verification_starts_an_interpreter_that_others_may_change(judged: Root, tmp_path: Path, verify: str, name: str) -> None:
    tree = judged.bundle()
    program = (tree / "bin" / "python3").resolve()
    python = program.name
    status = program.stat()
    text = f'#!/bin/sh\necho ran >{tmp_path}/ran\nexec {tree}/bin/real "$@"\n'
    program.rename(tree / "bin" / "real")
    program.write_text(text)
    program.chmod(0o755)
    os.utime(program, ns=(status.st_atime_ns, status.st_mtime_ns))
    given = tree / name.format(python=python)
    os.chown(given, EVE, EVE)
    found = judged.drift(verify)
    assert [finding["kind"] for finding in found if finding["path"] == str(given)] == ["owner"]
    planned = judged.converge(check=True, options={"verify": verify})
    assert "repair_bundle" in {step["action"] for step in planned["plan"]}
    assert not (tmp_path / "ran").exists()
    judged.converge(options={"verify": verify})
    assert given.stat().st_uid == 0
    assert judged.drift("deep") == []
    assert not (tmp_path / "ran").exists()
