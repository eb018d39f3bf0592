# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What became of the records of a root: whatever they are now, drift names each of them, and converge makes them again."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from hosts import Host
from roots import Declared, Engine

Damage = Callable[[Path], None]


def replaced(make: Callable[[Path], Any]) -> Damage:
    """Return what puts something else into the place of a record."""

    def damage(path: Path) -> None:
        path.unlink()
        make(path)

    return damage


def rewritten(change: Callable[[Any], Any]) -> Damage:
    """Return what changes the document in a record."""

    def damage(path: Path) -> None:
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return damage


def _first_inner(document: dict[str, Any], value: Any) -> dict[str, Any]:
    """Return a record in which the first entry of each mapping has another value."""
    return {key: {**each, next(iter(each)): value} if isinstance(each, dict) and each else each for key, each in document.items()}


def _with_directory(path: Path) -> None:
    path.mkdir()
    (path / "content").write_text("x")


def _of_a_terabyte(path: Path) -> None:
    path.touch()
    os.truncate(path, 1 << 40)


DAMAGES: dict[str, Damage] = {
    "a pipe": replaced(os.mkfifo),
    "a directory": replaced(_with_directory),
    "a loop": replaced(lambda path: path.symlink_to(path.name)),
    "a link to an endless device": replaced(lambda path: path.symlink_to("/dev/zero")),
    "a link to another record": replaced(lambda path: path.symlink_to(f"../../lock/{path.name}")),
    "nothing in it": replaced(lambda path: path.write_bytes(b"")),
    "bytes": replaced(lambda path: path.write_bytes(b"\xff\xfe\x00" * 100)),
    "a file of a terabyte": replaced(_of_a_terabyte),
    "deep JSON": replaced(lambda path: path.write_text("[" * 200_000)),
    "deep JSON in its place": rewritten(lambda document: _first_inner(document, json.loads("[" * 500 + "]" * 500))),
    "lists for mappings": rewritten(lambda document: {key: [] if isinstance(each, dict) else each for key, each in document.items()}),
    "mappings for mappings": rewritten(lambda document: _first_inner(document, {"x": {"y": None}})),
    "numbers for texts": rewritten(lambda document: _first_inner(document, 10**30)),
    "paths that lead out": rewritten(
        lambda document: {
            key: {f"../{name}": value for name, value in each.items()} if isinstance(each, dict) else each for key, each in document.items()
        }
    ),
    "true for its format": rewritten(lambda document: {**document, "format": True}),
    "a huge format": rewritten(lambda document: {**document, "format": 10**40}),
    "a missing key": rewritten(lambda document: dict(list(document.items())[1:])),
    "a key too many": rewritten(lambda document: {**document, "more": 1}),
}


# The others differ in nothing that is done with a record that cannot be read.
CARRIED_OUT = ("a pipe", "a directory", "a loop", "deep JSON", "paths that lead out")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, engine: Engine, declared: Declared) -> Host:
    made = Host(tmp_path_factory.mktemp("damaged") / "root", engine, declared)
    made.converge()
    return made


def records_of(root: Host) -> list[Path]:
    return sorted([*(root.path / "state" / "receipts").rglob("*.json"), *(root.path / "state" / "generations").glob("*.json")])


@pytest.fixture(autouse=True)
def no_waiting() -> Iterator[None]:
    """Whoever waits for a pipe waits for ever: that is a failure, and not the end of all tests."""
    signal.alarm(280)
    yield
    signal.alarm(0)


@pytest.fixture
def copied(root: Host, tmp_path: Path) -> Layout:
    """The records of the root, without its trees."""
    shutil.copytree(root.path / "state", tmp_path / "state", symlinks=True)
    return Layout(tmp_path)


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
@pytest.mark.parametrize("kind", ["receipts/bundles", "receipts/environments", "receipts/laid", "generations"])
def test_one_damaged_record_hides_no_other(damage: Damage, kind: str, copied: Layout) -> None:
    whole = load_records(copied)
    path = min((copied.state / kind).glob("*.json"))
    damage(path)
    records = load_records(copied)
    assert list(records.unreadable) == [str(path)]
    assert "cannot be read" in records.unreadable[str(path)]
    for each in ("bundles", "environments", "laid", "generations"):
        names = {str(name) for name in getattr(whole, each)} - ({path.stem} if kind.endswith(each) else set())
        assert {str(name) for name in getattr(records, each)} == names


@pytest.mark.parametrize("damage", [DAMAGES[name] for name in CARRIED_OUT], ids=CARRIED_OUT)
def test_every_record_at_once_is_reported_and_made_again(damage: Damage, root: Host) -> None:
    records = records_of(root)
    assert len(records) == 5
    for path in records:
        damage(path)
    found = root.run("drift")
    assert not found.get("failed"), found["msg"]
    unreadable = [each for each in found["findings"] if (each["subject"], each["expected"]) == ("store", "a readable record")]
    assert {finding["path"] for finding in unreadable} == {str(path) for path in records}
    assert all("cannot be read" in finding["actual"] and finding["remedy"] for finding in unreadable)
    root.converge()
    assert root.run("drift")["findings"] == []
    root.works()
    assert records_of(root) == records
    assert all(path.is_file() and not path.is_symlink() for path in records)


@pytest.mark.root
def test_a_device_for_a_record(root: Host) -> None:
    path = records_of(root)[0]
    path.unlink()
    try:
        os.mknod(path, 0o020666, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("this system lets nobody make devices")
    assert str(path) in {finding["path"] for finding in root.run("drift")["findings"]}
    root.converge()
    root.works()


@pytest.mark.parametrize("damage", ["a pipe", "a directory", "deep JSON"])
def test_a_transaction_marker_that_cannot_be_read_says_that_a_run_was_cut_off(damage: str, root: Host) -> None:
    marker = root.path / "state" / "journal"
    marker.write_text("{}")
    DAMAGES[damage](marker)
    assert any(finding["path"] == str(marker) for finding in root.run("drift")["findings"])
    root.converge()
    assert root.run("drift")["findings"] == []
    assert not os.path.lexists(marker)


@pytest.mark.parametrize("damage", ["a pipe", "a directory", "bytes"])
def test_the_number_of_the_last_switch_may_be_anything(damage: str, root: Host) -> None:
    switch = root.path / "state" / "current.json"
    switch.write_text("{}")
    DAMAGES[damage](switch)
    assert [finding["path"] for finding in root.run("drift")["findings"]] == [str(switch)]
    root.converge()
    assert root.run("drift")["findings"] == []


@pytest.mark.parametrize("kind", ["a pipe", "a link to an endless device", "a file of a terabyte"])
def test_the_record_of_a_package_that_somebody_installed_by_hand_is_not_trusted(kind: str, root: Host) -> None:
    site = next(root.environment("web").glob("lib/*/site-packages"))
    planted = site / "evil-1.0.dist-info"
    planted.mkdir()
    (planted / "RECORD").touch()
    DAMAGES[kind](planted / "RECORD")
    assert "package:web/evil" in {finding["subject"] for finding in root.run("drift")["findings"]}
    root.converge()
    assert not planted.exists()


def test_a_record_with_the_last_number_that_there_is_stops_no_generation(root: Host) -> None:
    record = max((root.path / "state" / "generations").glob("*.json"), key=lambda path: int(path.stem))
    planted = record.with_name(f"{10**9}.json")
    planted.write_text(json.dumps({**json.loads(record.read_text()), "number": 10**9}))
    web = root.declared.virtualenvs["web"]
    root.converge(root.declared.but(again=web))
    root.converge(Declared(root.declared.bundles, {"web": web}))
    assert root.run("drift")["findings"] == []
    root.works()
