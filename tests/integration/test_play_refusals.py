# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a play refuses before it touches a host, with words that a user of Ansible can act on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from play_fleet import SYSTEM, Fleet
from roots import Archive
from wheelhouse import make_wheel


def test_an_unknown_channel_names_those_that_there_are(fleet: Fleet, tmp_path: Path) -> None:
    played = fleet.module("system", **fleet.options(root=str(tmp_path / "r"), bundles=[{"name": "python", "channel": "nightly"}]))
    assert played.code == 2
    assert "nightly" in played.last["msg"]
    assert "stable" in played.last["msg"]
    assert not (tmp_path / "r").exists()


def test_an_unknown_release_names_those_that_there_are(fleet: Fleet, tmp_path: Path, bundle_archive: Archive) -> None:
    played = fleet.module("system", **fleet.options(root=str(tmp_path / "r"), bundles=[{"name": "python", "release": "1.0+1"}]))
    assert played.code == 2
    assert "1.0+1" in played.last["msg"]
    assert bundle_archive.release in played.last["msg"]


def test_every_line_of_a_lock_that_pins_nothing_is_named_at_once(fleet: Fleet, tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("alpha==1.0\ngit+https://git.example.com/x.git\n-e .\nbeta>=1\n")
    played = fleet.module("system", **fleet.options(root=str(tmp_path / "r"), virtualenvs=[{"name": "one", "lock": str(lock)}]))
    assert played.code == 2
    shown = json.dumps(played.last["errors"]) + played.last["msg"]
    for line in ("1", "2", "3", "4"):
        assert f"line {line}" in shown or f":{line}" in shown, shown
    assert not (tmp_path / "r").exists()


def test_a_lock_without_a_wheel_for_another_platform_of_the_play_stops_before_any_host_is_touched(fleet: Fleet, tmp_path: Path) -> None:
    # Published for this platform only: the proof for the other hosts of the play must fail on this one.
    hosts = {"here": {"r": str(tmp_path / "here")}, "there": {"r": str(tmp_path / "there"), "hermetic_platform": "macos-arm64"}}
    played = fleet.controller.play([{SYSTEM: fleet.options(root="{{ r }}")}], hosts=hosts)
    assert played.code == 2
    assert "macos-arm64" in json.dumps(played.of("here"))
    assert not (tmp_path / "here").exists()
    assert not (tmp_path / "there").exists()


def test_a_package_without_a_wheel_is_named_with_its_platform(fleet: Fleet, tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path, "onlywin", tag="cp312-cp312-win_amd64", pure=False)
    lock = fleet.lock("win", wheel)
    options = fleet.options(root=str(tmp_path / "r"), virtualenvs=[{"name": "one", "lock": lock}], find_links=[str(tmp_path)])
    played = fleet.module("system", **options)
    assert played.code == 2
    shown = json.dumps([played.last["msg"], played.last["errors"]])
    assert "onlywin" in shown
    assert "linux-" in shown


@pytest.mark.parametrize("name", ["../evil", "a/b", "/abs", "A", ""])
def test_names_that_are_paths_are_refused(fleet: Fleet, tmp_path: Path, name: str) -> None:
    lock = str(fleet.directory / "one-requirements.txt")
    played = fleet.module("system", **fleet.options(root=str(tmp_path / "r"), virtualenvs=[{"name": name, "lock": lock}]))
    assert played.code == 2
    assert "name" in played.last["msg"]
    assert not (tmp_path / "r").exists()


def test_a_root_that_is_a_file_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "r").write_text("mine")
    played = fleet.module("system", **fleet.options(root=str(tmp_path / "r")))
    assert played.code == 2
    assert "no directory" in played.last["msg"]
    assert (tmp_path / "r").read_text() == "mine"


def test_the_wrong_platform_variable_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    hosts = {"here": {"hermetic_platform": "windows-x86_64"}}
    played = fleet.controller.play([{SYSTEM: fleet.options(root=str(tmp_path / "r"))}], hosts=hosts)
    assert played.code == 2
    assert "hermetic_platform" in played.last["msg"]


def test_an_unreachable_repository_is_named(fleet: Fleet, tmp_path: Path) -> None:
    played = fleet.module("system", **fleet.options(root=str(tmp_path / "r"), repository="http://127.0.0.1:9", retries=0, timeout=3))
    assert played.code == 2
    assert "127.0.0.1:9" in played.last["msg"]
