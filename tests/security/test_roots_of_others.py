# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots that another user owns, or was given a part of: nothing of them is run or written, and what was given away is taken back."""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from plays import Controller
from roots import Archive, Declared, Engine, Root, snapshot
from test_root_trust import access_list

pytestmark = pytest.mark.root
EVE = 65534

COMMANDS: dict[str, dict[str, Any]] = {
    "converge": {},
    "drift": {},
    "info": {},
    "generation": {"generation": {"action": "activate", "number": "previous"}},
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, make_root: Callable[[Path, Declared], Root], declared: Declared, good: Archive) -> Root:
    """Return a root in use, with a copy of it beside; its bundle is packed as published ones are."""
    place = tmp_path_factory.mktemp("others")
    packed = place / "good.tar.gz"
    packed.write_bytes(gzip.compress(good.path.read_bytes(), 1))
    archive = dataclasses.replace(good, path=packed, sha256=hashlib.sha256(packed.read_bytes()).hexdigest())
    root = make_root(place / "above" / "root", dataclasses.replace(declared, bundles={"python": archive}))
    root.converge()
    subprocess.run(["cp", "-a", str(root.path), str(place / "copy")], check=True)
    return root


@pytest.fixture
def root(made: Root) -> Iterator[Root]:
    """Return the root, which is put back from its copy afterwards; installing it again would take longer than all that is tested."""
    yield dataclasses.replace(made)
    os.chown(made.path.parent, 0, 0)
    if made.path.exists():
        shutil.rmtree(made.path)
    subprocess.run(["cp", "-a", str(made.path.parent.parent / "copy"), str(made.path)], check=True)


@pytest.fixture
def outside(engine: Engine) -> Engine:
    """Return the engine on an interpreter outside of the root."""

    class Outside(Engine):
        def interpreter(self, root: Path) -> Path:
            return self.bootstrap

    return Outside(engine.archive, bootstrap=engine.bootstrap)


@pytest.fixture
def judged(root: Root, outside: Engine) -> Root:
    """Return the root, worked on from outside."""
    root.engine = outside
    return root


def everything(root: Root) -> dict[str, Any]:
    """Return all that is in a root, the state included."""
    return snapshot(root.path, sorted(os.listdir(root.path)))


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_root_of_another_user_is_neither_read_nor_written(judged: Root, tmp_path: Path, command: str, check: bool) -> None:
    victim = tmp_path / "victim"
    victim.write_text("secret")
    victim.chmod(0o600)
    lock = judged.path / "state" / "lock"
    lock.unlink()
    lock.symlink_to(victim)
    subprocess.run(["chown", "-hR", str(EVE), str(judged.path)], check=True)
    before = everything(judged)
    result = judged.run(command, check=check, **COMMANDS[command])
    assert result["failed"]
    assert f"belongs to uid {EVE}" in result["msg"] and "become_user: nobody" in result["msg"]
    assert everything(judged) == before
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("secret", 0o600)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_root_below_a_directory_of_another_user_is_refused_and_can_be_accepted(judged: Root, command: str) -> None:
    os.chown(judged.path.parent, EVE, EVE)
    before = everything(judged)
    result = judged.run(command, **COMMANDS[command])
    assert result["failed"]
    assert result["errors"] == [f"{judged.path.parent}: it is owned by uid {EVE} (nobody)"]
    assert "unsafe_parent: true" in result["msg"]
    assert everything(judged) == before
    accepted = judged.run(command, **COMMANDS[command], options={"unsafe_parent": True})
    assert not accepted.get("failed") or "first on this host" in accepted["msg"]


def test_a_root_that_is_made_meanwhile_is_not_written_into(judged: Root, tmp_path: Path, declared: Declared, outside: Engine) -> None:
    # In a sticky directory everybody may make the root first: as a directory of their own, or as a link into one.
    sticky = tmp_path / "sticky"
    sticky.mkdir()
    sticky.chmod(0o1777)
    (tmp_path / "eve").mkdir()
    os.chown(tmp_path / "eve", EVE, EVE)
    (sticky / "root").symlink_to(tmp_path / "eve")
    os.lchown(sticky / "root", EVE, EVE)
    result = Root(sticky / "root", outside, declared).run("converge")
    assert result["failed"] and f"belongs to uid {EVE}" in result["msg"]
    assert list((tmp_path / "eve").iterdir()) == []


PARTS = (
    "bundles",
    "environments",
    "laid",
    "wheels",
    "generations",
    "state",
    "state/receipts",
    "state/receipts/bundles",
    "state/generations",
)


@pytest.mark.parametrize("part", ["bundles", "state", "state/receipts/bundles"])
def test_a_part_that_was_given_away_is_named_and_taken_back(judged: Root, part: str) -> None:
    os.chown(judged.path / part, EVE, EVE)
    found = [finding for finding in judged.drift() if finding["path"] == str(judged.path / part)]
    assert [(finding["kind"], finding["cause"], finding["severity"]) for finding in found] == [("owner", "tampered", "high")]
    planned = judged.converge(check=True)
    assert (judged.path / part).stat().st_uid == EVE
    result = judged.converge()
    assert result["changed"] and result["plan"] == planned["plan"]
    assert (judged.path / part).stat().st_uid == 0
    assert judged.drift("deep") == []
    assert judged.converge()["changed"] is False
    assert judged.python("-c", "import alpha", of="web") == ""


def test_a_part_with_everything_below_it_is_made_again(judged: Root) -> None:
    for part in PARTS:
        subprocess.run(["chown", "-hR", str(EVE), str(judged.path / part)], check=True)
    judged.converge()
    # The owner of a link can change neither it nor the directory that it lies in.
    assert [path for path in judged.path.rglob("*") if os.lstat(path).st_uid and not path.is_symlink()] == []
    assert judged.drift("deep") == []
    assert judged.python("-c", "import alpha", of="web") == ""


def test_what_was_changed_meanwhile_with_its_time_kept_is_found_by_content(judged: Root) -> None:
    os.chown(judged.path / "laid", EVE, EVE)
    file = judged.site("web") / "alpha" / "__init__.py"
    status = file.stat()
    text = file.read_bytes()
    file.write_bytes(text[:-1] + b"#")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    judged.converge(options={"verify": "none"})
    assert (judged.site("web") / "alpha" / "__init__.py").read_bytes() == text


@pytest.mark.parametrize("mode", [0o777, 0o1777])
def test_a_root_that_everybody_may_write_is_closed(judged: Root, mode: int) -> None:
    judged.path.chmod(mode)
    assert [finding["kind"] for finding in judged.drift()] == ["mode"]
    judged.converge()
    assert judged.path.stat().st_mode & 0o7777 == 0o755


def test_an_access_list_is_taken_away(judged: Root) -> None:
    access_list(judged.path / "bundles", (0x02, 7, EVE))
    assert {str(finding["path"]) for finding in judged.drift()} == {str(judged.path / "bundles")}
    judged.converge()
    assert "system.posix_acl_access" not in os.listxattr(judged.path / "bundles")


@pytest.mark.parametrize(
    ("command", "more"), [("converge", {}), ("generation", {"generation": {"action": "sweep"}}), ("uninstall", {"force": True})]
)
def test_a_lock_with_a_second_name_is_not_emptied(judged: Root, tmp_path: Path, command: str, more: dict[str, Any]) -> None:
    victim = tmp_path / "victim"
    victim.write_text("secret")
    victim.chmod(0o600)
    (judged.path / "state" / "lock").unlink()
    os.link(victim, judged.path / "state" / "lock")
    os.chown(judged.path / "state", EVE, EVE)
    assert not judged.run("drift").get("failed")
    result = judged.run(command, **more)
    assert not result.get("failed"), result["msg"]
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("secret", 0o600)


PLANTS = ("link", "fifo", "loop", "of another user", "writable")


def _plant(path: Path, plant: str, victim: Path) -> None:
    text = path.read_text() if path.exists() else "{}"
    path.unlink(missing_ok=True)
    if plant in ("link", "loop"):
        path.symlink_to(victim if plant == "link" else path.name)
    elif plant == "fifo":
        os.mkfifo(path)
    else:
        path.write_text(text)
        path.chmod(0o644 if plant == "of another user" else 0o666)
        os.chown(path, EVE if plant == "of another user" else 0, 0)


@pytest.mark.parametrize("plant", PLANTS)
def test_a_record_is_a_file_of_ours_or_made_again(judged: Root, tmp_path: Path, plant: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("{}")
    planted = [f"state/receipts/bundles/{judged.bundle().name}.json", "state/generations/1.json", "state/journal", "state/current.json"]
    for name in planted:
        _plant(judged.path / name, plant, victim)
    found = {str(finding["path"]) for finding in judged.drift()}
    assert {str(judged.path / name) for name in planted[:2]} <= found
    judged.converge()
    assert [name for name in planted[:3] if os.path.lexists(judged.path / name) and not (judged.path / name).is_file()] == []
    assert judged.drift() == []
    assert victim.read_text() == "{}"


@pytest.mark.parametrize("plant", PLANTS)
def test_a_lock_is_a_file_and_no_link(judged: Root, tmp_path: Path, plant: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("{}")
    victim.chmod(0o600)
    path = judged.path / "state" / "lock"
    _plant(path, plant, victim)
    for command in ("drift", "converge"):
        result = judged.run(command)
        if plant in ("link", "loop", "fifo"):
            assert result["failed"] and f"{path}: a " in result["msg"] and "stands where a file belongs" in result["msg"]
        else:
            assert not result.get("failed"), result["msg"]
    assert (victim.read_text(), victim.stat().st_mode & 0o777) == ("{}", 0o600)


@pytest.mark.parametrize("name", ["state/receipts", "state/receipts/bundles", "state/generations"])
def test_a_directory_of_the_state_that_is_a_link_is_refused(judged: Root, tmp_path: Path, name: str) -> None:
    shutil.move(judged.path / name, tmp_path / "elsewhere")
    (judged.path / name).symlink_to(tmp_path / "elsewhere")
    before = snapshot(tmp_path, ["elsewhere"])
    for command in ("drift", "converge"):
        result = judged.run(command)
        assert result["failed"] and str(judged.path / name) in " ".join(result["errors"])
    assert snapshot(tmp_path, ["elsewhere"]) == before


@pytest.mark.parametrize("whose", ["directory", "file", "part"])
def test_an_artifact_that_others_could_swap_is_fetched_again(judged: Root, wheels: dict[str, Any], whose: str) -> None:
    wheel = wheels["delta-1.0"]
    folder = judged.path / "wheels" / wheel.sha256
    folder.mkdir(mode=0o755)
    stored = folder / (wheel.path.name + (".part" if whose == "part" else ""))
    shutil.copy(wheel.path, stored)
    if whose == "part":
        stored.write_bytes(stored.read_bytes()[:100])
    os.chown(folder if whose == "directory" else stored, EVE, EVE)
    held = os.open(stored, os.O_RDWR)
    judged.converge(judged.declared.but(web=[wheel]))
    final = folder / wheel.path.name
    assert [os.stat(path).st_uid for path in (folder, final)] == [0, 0]
    # Whoever had it open writes into a file that has no name any more.
    if whose != "directory":
        assert os.fstat(held).st_nlink == 0
    assert hashlib.sha256(final.read_bytes()).hexdigest() == wheel.sha256
    os.close(held)


def test_no_module_runs_the_interpreter_of_another_user(tmp_path: Path, root: Root) -> None:
    python = root.bundle() / "bin" / "python3"
    real = python.resolve()
    real.rename(real.with_name("real"))
    real.write_text(f'#!/bin/sh\necho "$0 $@" >>{tmp_path}/ran\nexec {real.with_name("real")} "$@"\n')
    real.chmod(0o755)
    subprocess.run(["chown", "-hR", str(EVE), str(root.path)], check=True)
    lock = root.path / "state" / "lock"
    victim = tmp_path / "victim"
    victim.write_text("secret")
    lock.unlink(missing_ok=True)
    lock.symlink_to(victim)
    archive = root.declared.bundles["python"]
    bundle = {"name": "python", "archive": str(archive.path), "sha256": archive.sha256}
    tasks = [
        {"hermetic.python.system_info": {}},
        {"hermetic.python.drift": {}},
        {"hermetic.python.drift": {"bundles": [bundle]}},
        {"hermetic.python.generation": {"state": "swept"}},
        {"hermetic.python.system": {"bundles": [bundle]}},
        {"hermetic.python.bundle": bundle},
        {"hermetic.python.virtualenv": {"name": "web", "state": "absent"}},
    ]
    tasks = [{name: {**options, "root": str(root.path), "unsafe_parent": True} for name, options in task.items()} for task in tasks]
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
