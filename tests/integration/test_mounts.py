# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Roots on file systems that are mounted read-only or without programs: what is said, by whom, and what works all the same."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_for_others import NOBODY
from hosts import Host
from plays import Controller
from roots import Archive, Declared, Document, Engine
from volumes import mount, unmount

pytestmark = pytest.mark.root


@pytest.fixture
def open_volume() -> Iterator[Path]:
    """Mount a file system where every user gets to."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-"))
    place.chmod(0o755)
    mount("-t", "tmpfs", "-o", "size=500m,mode=755", "none", str(place))
    yield place
    unmount(place)
    place.rmdir()


def _asked(host: Host, command: str, declared: Declared, **parts: Any) -> Document:
    """Carry out a command as another user."""
    document = {
        "format": 1,
        "command": command,
        "root": str(host.path),
        "scope": "system",
        "declaration": declared.document(),
        "artifacts": declared.artifacts(),
        **parts,
    }
    return host.engine(document, **NOBODY)


def test_a_read_only_root_that_is_as_declared_has_not_changed(volume: Path, engine: Engine, declared: Declared) -> None:
    host = Host(volume / "root", engine, declared)
    host.converge()
    mount("-o", "remount,ro", str(volume))
    for verify in ("quick", "deep"):
        result = host.converge(options={"verify": verify})
        assert (result["changed"], result["plan"], result["warnings"]) == (False, [], [])
    assert host.drift("deep") == []
    assert host.run("info")["info"]["generation"] == 1


def test_what_a_read_only_root_would_need_names_the_mount_and_the_remedy(volume: Path, engine: Engine, declared: Declared) -> None:
    host = Host(volume / "root", engine, declared)
    host.converge()
    mount("-o", "remount,ro,nosuid", str(volume))
    more = declared.but(web=[])
    wanted = ("mounted read-only", f"the mount at {volume} (tmpfs; ro,nosuid", f"mount -o remount,rw {volume}", "nothing was changed")
    host.refuses(*wanted, declared=more)
    for action in ("activate", "pin", "prune"):
        host.refuses(*wanted, command="generation", generation={"action": action, "number": 1})
    host.refuses(*wanted, command="uninstall")
    planned = host.run("converge", declared=more, check=True)
    assert planned["changed"] is True
    assert any("mounted read-only" in warning and str(volume) in warning for warning in planned["warnings"]), planned["warnings"]


def test_a_root_that_is_to_be_made_on_a_read_only_file_system(volume: Path, engine: Engine, declared: Declared) -> None:
    mount("-o", "remount,ro", str(volume))
    host = Host(volume / "not" / "there", engine, declared)
    host.explains(host.run("converge"), "mounted read-only", f"the mount at {volume}", "remount,rw")
    assert list(volume.iterdir()) == []


@pytest.mark.parametrize("part", ["", "state", "bundles", "environments", "generations"])
def test_a_read_only_bind_mount_is_reported_from_its_file_system(part: str, volume: Path, engine: Engine, declared: Declared) -> None:
    host = Host(volume / "root", engine, declared)
    host.converge()
    place = host.path / part
    mount("--bind", str(place), str(place))
    mount("-o", "remount,bind,ro", str(place))
    assert host.converge()["changed"] is False
    before = host.state()
    result = host.run("converge", declared=declared.but(web=[]))
    host.explains(result, f"{place} is on a file system that is mounted read-only", f"mount -o remount,bind,rw {place}")
    unmount(place)
    host.is_as(before)


@pytest.mark.parametrize("command", ["converge", "generation", "uninstall"])
def test_another_user_is_reported_of_the_mount_and_not_of_rights(
    command: str, open_volume: Path, open_engine: Engine, declared: Declared
) -> None:
    host = Host(open_volume / "root", open_engine, declared)
    host.converge()
    os.chown(host.path, 65534, 65534)
    for directory, names, files in os.walk(host.path):
        for name in [*names, *files]:
            os.lchown(os.path.join(directory, name), 65534, 65534)
    mount("-o", "remount,ro", str(open_volume))
    parts = {"generation": {"action": "prune"}} if command == "generation" else {}
    host.explains(_asked(host, command, declared.but(web=[]), **parts), "mounted read-only", f"the mount at {open_volume}")


def test_a_run_holds_the_lock_of_a_read_only_root(volume: Path, tmp_path: Path, engine: Engine, declared: Declared) -> None:
    """By another mount, the file system may be writable, and be changed at the same moment."""
    host = Host(volume / "root", engine, declared)
    host.converge()
    seen = tmp_path / "seen"
    seen.mkdir()
    mount("--bind", str(volume), str(seen))
    mount("-o", "remount,bind,ro", str(seen))
    holder = subprocess.Popen(["flock", str(host.path / "state" / "lock"), "cat"], stdin=subprocess.PIPE)
    try:
        while subprocess.run(["flock", "-n", str(host.path / "state" / "lock"), "true"], check=False).returncode == 0:
            pass
        waiting = Host(seen / "root", engine, declared).run("converge", options={"lock_timeout": 0})
        assert "locked by" in waiting["msg"]
    finally:
        holder.communicate()
        unmount(seen)


def test_a_root_from_which_no_program_starts_is_refused_before_anything_is_installed(
    volume: Path, engine: Engine, declared: Declared
) -> None:
    mount("-o", "remount,noexec", str(volume))
    host = Host(volume / "root", engine, declared)
    wanted = ("lets no program start (mounted noexec)", f"the mount at {volume} (tmpfs; rw,noexec", f"mount -o remount,exec {volume}")
    result = host.run("converge")
    host.explains(result, *wanted, "nothing was changed")
    assert "loader" not in result["msg"]
    assert not (host.path / "bundles").exists()
    planned = host.run("converge", check=True)
    assert any("noexec" in warning for warning in planned["warnings"])
    mount("-o", "remount,exec", str(volume))
    host.converge()
    host.works()
    mount("-o", "remount,noexec", str(volume))
    host.explains(host.run("converge"), *wanted)
    found = host.drift("quick")
    assert any("mounted noexec" in finding["actual"] and "remount,exec" in finding["remedy"] for finding in found), found
    assert "noexec" in host.generation("activate", 1)["msg"]
    mount("-o", "remount,exec", str(volume))
    assert host.drift("deep") == []


def test_environments_on_a_mount_without_programs_are_refused(volume: Path, engine: Engine, declared: Declared) -> None:
    host = Host(volume / "root", engine, declared)
    host.converge(replace(declared, virtualenvs={}))
    place = host.path / "environments"
    place.mkdir(exist_ok=True)
    mount("--bind", str(place), str(place))
    mount("-o", "remount,bind,noexec", str(place))
    host.refuses(f"{place} is on a file system that lets no program start", "noexec", declared=declared)
    unmount(place)
    host.converge(declared)


@pytest.mark.parametrize("flag", ["ro", "noexec"])
def test_plays_say_what_the_mount_forbids(flag: str, volume: Path, tmp_path: Path, bundle_archive: Archive) -> None:
    controller = Controller(tmp_path / "controller")
    bundle = {"name": "python", "archive": str(bundle_archive.path), "sha256": bundle_archive.sha256}
    root = str(volume / "root")
    system = {"hermetic.python.system": {"root": root, "bundles": [bundle]}}
    told = {"ro": ("mounted read-only", f"remount,rw {volume}"), "noexec": ("mounted noexec", f"remount,exec {volume}")}[flag]

    mount("-o", f"remount,{flag}", str(volume))
    fresh = controller.play([system])
    assert fresh.code != 0
    for text in (*told, "othing was changed"):
        assert text in fresh.last["msg"]
    planned = controller.play([system], "--check")
    assert planned.last["changed"] is True and any(told[0] in warning for warning in planned.last["warnings"]), planned.output
    assert list(volume.iterdir()) == []

    mount("-o", "remount,rw,exec", str(volume))
    assert controller.play([system]).code == 0
    mount("-o", f"remount,{flag}", str(volume))
    again = controller.play([system])
    if flag == "ro":
        assert again.last["changed"] is False
        absent = controller.play([{"hermetic.python.system": {"root": root, "state": "absent"}}])
        assert told[0] in absent.last["msg"]
    else:
        for text in told:
            assert text in again.last["msg"]
        looked = controller.play(
            [
                {"hermetic.python.drift": {"root": root, "against": "installed"}},
                {"hermetic.python.system_info": {"root": root}},
                {"hermetic.python.system": {"root": root, "state": "absent"}, "ignore_errors": True},
                {"hermetic.python.system": {"root": root, "state": "absent", "force": True}},
            ]
        )
        for result in looked.results[:3]:
            assert told[0] in str(result["result"]), result
        assert looked.last["changed"] is True and list(volume.iterdir()) == []
