# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the first plan of a root to its removal, by plays: what changes for whoever uses it, what a repair leaves alone, what goes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from play_fleet import Fleet
from plays import Played
from roots import Archive
from wheelhouse import Wheel


@pytest.fixture
def root(tmp_path: Path, fleet: Fleet) -> Path:
    """Return a converged root of the test's own."""
    path = tmp_path / "root"
    played = fleet.module("system", **fleet.options(root=str(path)))
    assert played.code == 0, played.output
    assert {name: each["change"] for name, each in played.last["changed_virtualenvs"].items()} == {"one": "added", "two": "added"}
    assert played.last["changed_bundles"]["python"]["change"] == "added"
    return path


@pytest.fixture
def moved_lock(fleet: Fleet, wheels: dict[str, Wheel]) -> Iterator[None]:
    """Let the lock of ``one`` move on for the length of a test."""
    fleet.lock("one", wheels["alpha-1.0"], wheels["beta-2.0"])
    yield
    fleet.lock("one", wheels["alpha-1.0"], wheels["beta-1.0"])


def converge(fleet: Fleet, root: Path, *arguments: str, **options: object) -> Played:
    return fleet.module("system", *arguments, **fleet.options(root=str(root), **options))


BETA = {"beta": {"before": "1.0", "after": "2.0"}}
BACK = {"beta": {"before": "2.0", "after": "1.0"}}


def test_results_name_what_the_stable_paths_lead_to_now(fleet: Fleet, root: Path, wheels: dict[str, Wheel]) -> None:
    nothing = converge(fleet, root)
    assert (nothing.last["changed_bundles"], nothing.last["changed_virtualenvs"]) == ({}, {})
    fleet.lock("one", wheels["alpha-1.0"], wheels["beta-2.0"])
    try:
        planned, done = converge(fleet, root, "--check"), converge(fleet, root)
        for played in (planned, done):
            assert list(played.last["changed_virtualenvs"]) == ["one"], played.output
            assert played.last["changed_virtualenvs"]["one"]["packages"] == BETA
    finally:
        fleet.lock("one", wheels["alpha-1.0"], wheels["beta-1.0"])
    # The old environment is there already: nothing but the switch is planned, and a service in it has to be restarted all the same.
    back = converge(fleet, root)
    assert [step["action"] for step in back.last["plan"]] == ["switch"]
    assert back.last["changed_virtualenvs"]["one"]["packages"] == BACK
    # Rebuilt under the same name: what runs may have loaded what was there before.
    edited = next((root / "envs/two").resolve().glob("lib/python*/site-packages/gamma/__init__.py"))
    edited.write_text("changed\n")
    repaired = converge(fleet, root)
    assert {name: each["change"] for name, each in repaired.last["changed_virtualenvs"].items()} == {"two": "reinstalled"}
    (root / "envs").unlink()
    (root / "envs").symlink_to("/nonexistent")
    linked = converge(fleet, root)
    assert {each["change"] for each in linked.last["changed_virtualenvs"].values()} == {"relinked"}, linked.output


def test_going_back_shows_releases_and_packages_before_it_is_done(
    fleet: Fleet, root: Path, moved_lock: None, bundle_archive: Archive, later_bundle_archive: Archive
) -> None:
    later = [{"name": "python", "release": later_bundle_archive.release}]
    added = {"delta": {"before": None, "after": "1.0"}}
    # Of an archive without a repository as well, whose packages nobody but itself names.
    archived = [{"name": "python", "archive": str(later_bundle_archive.path), "sha256": later_bundle_archive.sha256}]
    for wanted, check in ((archived, ["--check"]), (later, ["--check"]), (later, [])):
        moved = converge(fleet, root, *check, bundles=wanted)
        assert moved.code == 0, moved.output
        assert moved.last["changed_bundles"]["python"]["packages"] == added
    releases = {"before": later_bundle_archive.release, "after": bundle_archive.release}
    for arguments in (("--check", "--diff"), ("--diff",)):
        played = fleet.module("generation", *arguments, root=str(root), number="previous")
        assert {key: played.last["changed_bundles"]["python"][key] for key in releases} == releases
        assert played.last["changed_virtualenvs"]["one"]["packages"] == BACK
        assert f"bundle:python {later_bundle_archive.release}" in played.last["diff"]["before"]
        assert played.last["changed_bundles"]["python"]["packages"] == {"delta": {"before": "1.0", "after": None}}
        assert "bundle:python/delta 1.0" in played.last["diff"]["before"]
        assert "package:one/beta 1.0" in played.last["diff"]["after"]
        assert "beta 2.0 -> 1.0" in played.last["msg"]
    assert os.readlink(root / "current").endswith("/1")
    assert fleet.module("generation", root=str(root), number="2").code == 0
    pruned = fleet.module("generation", "--check", root=str(root), state="pruned", keep_generations=1)
    assert pruned.last["bytes"] > 1_000_000
    assert fleet.module("generation", root=str(root), state="pruned", keep_generations=1).last["bytes"] == pruned.last["bytes"]
    assert fleet.module("generation", root=str(root), state="pruned", keep_generations=1).last["bytes"] == 0


def test_a_repair_brings_back_what_was_installed_and_deploys_nothing(fleet: Fleet, root: Path, moved_lock: None) -> None:
    edited = next((root / "envs/two").resolve().glob("lib/python*/site-packages/gamma/__init__.py"))
    edited.write_text("changed\n")
    # The stored wheel is gone too: it comes from the declaration, though that has moved on.
    for stored in (root / "wheels").glob("*/gamma-*.whl"):
        shutil.rmtree(stored.parent)
    broken = (root / "bin" / "python3").resolve().parents[1] / "share" / "ca" / "cacert.pem"
    broken.write_text("nobody\n")
    repaired = converge(fleet, root, state="repaired")
    assert repaired.code == 0, repaired.output
    assert {step["action"] for step in repaired.last["plan"]} == {"repair_bundle", "repair_environment"}
    assert repaired.last["generation"] == {"before": 1, "after": 1}
    assert repaired.last["changed_virtualenvs"]["two"]["change"] == "reinstalled"
    assert fleet.module("drift", root=str(root), verify="deep").last["findings"] == []
    pending = fleet.module("drift", **fleet.options(root=str(root))).last["findings"]
    assert {finding["cause"] for finding in pending} == {"pending"}
    again = converge(fleet, root, state="repaired")
    assert (again.last["changed"], again.last["msg"]) == (False, "Nothing to do: generation 1 is as installed.")


def test_a_repair_of_a_host_without_anything_says_so(fleet: Fleet, tmp_path: Path) -> None:
    played = converge(fleet, tmp_path / "none", state="repaired")
    assert played.code != 0
    assert "nothing to repair" in played.last["msg"]
    assert not (tmp_path / "none").exists()


def test_the_first_check_of_a_host_copies_nothing_to_it(fleet: Fleet, tmp_path: Path) -> None:
    for root in (tmp_path / "missing", tmp_path / "empty"):
        if root.name == "empty":
            root.mkdir()
        planned = converge(fleet, root, "--check", transfer="push")
        assert planned.code == 0, planned.output
        assert [step["action"] for step in planned.last["plan"]] == ["install_bundle", "build_environment", "build_environment", "switch"]
        assert planned.last["generation"] == {"before": None, "after": 1}
        assert {"bootstrap", "module", "push"}.isdisjoint(planned.last["timings"])
        drift = fleet.module("drift", **fleet.options(root=str(root), transfer="push"))
        assert {finding["kind"] for finding in drift.last["findings"]} == {"missing"}
        assert {"bootstrap", "module", "push"}.isdisjoint(drift.last["timings"])
        done = converge(fleet, root)
        for key in ("plan", "findings", "bundles", "changed_bundles", "changed_virtualenvs", "generation", "declared"):
            assert planned.last[key] == done.last[key], key


def test_a_whole_root_is_removed_and_nothing_else(fleet: Fleet, root: Path) -> None:
    stranger = root / "notes.txt"
    stranger.write_text("mine\n")
    with subprocess.Popen([str(root / "envs/one/bin/python"), "-c", "import time; time.sleep(600)"]) as sleeping:
        try:
            refused = converge(fleet, root, state="absent")
            assert refused.code != 0
            assert f"pid {sleeping.pid}" in str(refused.last["errors"]), refused.output
            assert (root / "bin/python3").exists()
            planned = converge(fleet, root, "--check", "--diff", state="absent", force=True)
            assert planned.last["changed"] is True
            assert set(planned.last["changed_virtualenvs"]) == {"one", "two"}
            assert (root / "bin/python3").exists()
        finally:
            sleeping.kill()
    removed = fleet.module("system", root=str(root), state="absent")
    assert removed.code == 0, removed.output
    assert removed.last["bytes"] > 1_000_000
    assert [path.name for path in root.iterdir()] == ["notes.txt"]
    assert any("notes.txt" in warning for warning in removed.last["warnings"])
    stranger.unlink()
    again = fleet.module("system", root=str(root), state="absent")
    assert (again.code, again.last["changed"]) == (0, False), again.output
    again = converge(fleet, root)
    assert again.last["generation"] == {"before": None, "after": 1}
    assert fleet.module("system", root=str(root), state="absent").code == 0
    assert not root.exists()


def test_what_was_moved_aside_outlives_the_root(fleet: Fleet, root: Path) -> None:
    (root / "bundles" / "mine").mkdir()
    (root / "bundles" / "mine" / "work").write_text("mine\n")
    assert converge(fleet, root).code == 0
    removed = fleet.module("system", root=str(root), state="absent")
    assert removed.code == 0, removed.output
    (kept,) = root.rglob("work")
    assert kept.read_text() == "mine\n"
    assert os.listdir(root) == ["state"] and os.listdir(root / "state") == ["unexpected"]
    assert any("state/unexpected" in warning for warning in removed.last["warnings"])
    again = fleet.module("system", root=str(root), state="absent")
    assert (again.code, again.last["changed"]) == (0, False), again.output


def test_a_directory_of_somebody_else_is_not_taken_for_a_root(fleet: Fleet, tmp_path: Path) -> None:
    for name in ("bundles", "wheels"):
        (tmp_path / "app" / name).mkdir(parents=True)
    for force in (False, True):
        played = fleet.module("system", root=str(tmp_path / "app"), state="absent", force=force)
        assert played.code != 0
        assert "no state of this project" in played.last["msg"]
    assert (tmp_path / "app" / "bundles").is_dir()


def test_a_root_in_which_nothing_starts_goes_when_it_is_forced(fleet: Fleet, root: Path) -> None:
    for interpreter in root.glob("bundles/*/libexec/*"):
        interpreter.write_bytes(b"")
    refused = fleet.module("system", root=str(root), state="absent")
    assert refused.code != 0
    assert "Set force" in refused.last["msg"]
    assert (root / "bundles").is_dir()
    removed = fleet.module("system", root=str(root), state="absent", force=True)
    assert (removed.code, removed.last["changed"]) == (0, True), removed.output
    assert not root.exists()


def test_without_bundles_the_way_out_is_named(fleet: Fleet, root: Path) -> None:
    played = fleet.module("system", root=str(root), bundles=[])
    assert played.code != 0
    assert "state absent" in played.last["msg"]


@pytest.mark.root
@pytest.mark.skipif(sys.platform != "linux", reason="mounts a small file system, as Linux does")
def test_a_disk_that_is_too_small_is_reported_before_anything_is_fetched(fleet: Fleet, tmp_path: Path) -> None:
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], check=True)
    try:
        for arguments in (("--check",), ()):
            played = converge(fleet, place / "root", *arguments)
            assert played.code != 0
            assert "8.4 MB are free" in played.last["msg"] and "are needed" in played.last["msg"], played.last["msg"]
            assert not (place / "root").exists()
        subprocess.run(["mount", "-o", "remount,size=400m", str(place)], check=True)
        assert converge(fleet, place / "root").code == 0
        used = shutil.disk_usage(place).used
        subprocess.run(["mount", "-o", f"remount,size={used + 1_000_000}", str(place)], check=True)
        refused = fleet.module("bundle", root=str(place / "root"), repository=str(fleet.repository), name="python", release=_other(fleet))
        assert refused.code != 0
        assert str(place) in refused.last["msg"] and "are needed" in refused.last["msg"], refused.last["msg"]
        forced = fleet.module(
            "bundle",
            root=str(place / "root"),
            repository=str(fleet.repository),
            name="python",
            release=_other(fleet),
            check_free_space=False,
        )
        assert "the disk is full" in forced.last["msg"] and "This run needs about" in forced.last["msg"], forced.last["msg"]
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def _other(fleet: Fleet) -> str:
    releases = sorted(path.name for path in (fleet.repository / "bundles" / "python").iterdir())
    return releases[-1]
