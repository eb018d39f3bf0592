# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root's own directories and records: what a look finds, without a host."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import file_severity
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import extended_attributes
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect import root_check
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.root_check import check_store
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.root_repair import put_right
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import root_record

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners as on POSIX")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return a root in which nothing was installed."""
    made = Layout(tmp_path / "root")
    for directory in made.own_directories().values():
        directory.mkdir()
        directory.chmod(0o755)
    root_record.claim(made)
    return made


def found(layout: Layout) -> list[tuple[str, str | None]]:
    observation = Observation()
    check_store(layout, observation)
    return sorted((finding.kind, finding.path) for finding in observation.findings)


def test_a_root_as_it_was_made_needs_no_repair(layout: Layout) -> None:
    assert found(layout) == []


def test_everything_is_found_at_once_and_put_right(layout: Layout) -> None:
    layout.root.chmod(0o777)
    layout.state.chmod(0o2775)
    (layout.root / "notes").touch()
    (layout.state / "receipts/x").mkdir()
    assert found(layout) == [("mode", "."), ("mode", "state"), ("unexpected", "notes"), ("unexpected", "state/receipts/x")]
    observation = Observation()
    check_store(layout, observation)
    warnings = put_right(layout, observation.repairs)
    assert len(warnings) == 2
    assert found(layout) == []
    assert sorted(path.name.partition("-")[0] for path in layout.unexpected.iterdir()) == ["notes", "x"]


def test_what_a_volume_keeps_at_its_top_is_no_stray(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    (layout.root / "lost+found").mkdir()
    assert found(layout) == [("unexpected", "lost+found")]
    monkeypatch.setattr(root_check.os.path, "ismount", lambda path: path == layout.root)
    assert found(layout) == []


@pytest.mark.parametrize("text", ["{", "[]", '{"owner": 1}', '{"mode": "x", "owner": [0, 0], "beside": [], "access": {}}', "[" * 100_000])
def test_a_record_of_the_root_that_cannot_be_read_is_none(layout: Layout, text: str) -> None:
    layout.root_record.write_text(text)
    assert root_record.read(layout) is None


@pytest.mark.parametrize("kind", ["fifo", "directory"])
def test_a_record_of_the_root_that_is_no_file_is_none(layout: Layout, kind: str) -> None:
    layout.root_record.unlink()
    os.mkfifo(layout.root_record) if kind == "fifo" else layout.root_record.mkdir()
    assert root_record.read(layout) is None
    assert ("modified", "state/root.json") in found(layout)


def test_a_link_is_not_followed_when_something_is_put_right(layout: Layout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o700)
    layout.wheels.chmod(0o777)
    observation = Observation()
    check_store(layout, observation)
    layout.wheels.rmdir()
    layout.wheels.symlink_to(outside)
    assert any("link" in warning for warning in put_right(layout, observation.repairs))
    assert stat.S_IMODE(outside.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("attributes", "words"), [(0x1, "read-only"), (0x2, "hidden"), (0x4, "system"), (0x7, "read-only, hidden, system")]
)
def test_attributes_of_windows_are_found(layout: Layout, monkeypatch: pytest.MonkeyPatch, attributes: int, words: str) -> None:
    observation = Observation()
    check = root_check._StoreCheck(layout, observation)
    monkeypatch.setattr(root_check, "WINDOWS", True)
    monkeypatch.setattr(check._look, "status", lambda path: SimpleNamespace(st_mode=stat.S_IFREG, st_file_attributes=0x20 | attributes))
    check.check_file(layout.lock)
    assert [(finding.kind, finding.actual) for finding in observation.findings] == [("mode", words)]
    assert [each.path for each in observation.repairs] == [layout.lock]


def test_flags_of_macos_are_read_from_the_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extended_attributes, "_LINUX", False)
    for flags, words in ((0, []), (0x2, ["immutable"]), (0x20000, ["immutable"]), (0x4 | 0x20000, ["immutable", "append-only"])):
        status = SimpleNamespace(st_mode=stat.S_IFREG, st_dev=1, st_ino=1, st_flags=flags)
        assert extended_attributes.carried("/nowhere", status, {}) == words


def test_a_file_with_several_names_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(extended_attributes, "_LINUX", True)
    monkeypatch.setattr(extended_attributes, "_attributes", lambda path: asked.append(path) or [])
    (tmp_path / "one").touch()
    os.link(tmp_path / "one", tmp_path / "two")
    known: extended_attributes.Known = {}
    for name in ("one", "two"):
        extended_attributes.carried(str(tmp_path / name), os.lstat(tmp_path / name), known)
    assert len(asked) == 1


def test_rights_beside_the_mode_weigh_as_much_as_a_mode_that_gives_them() -> None:
    assert file_severity("mode", "x", "file capabilities (security.capability)") == "high"
    assert file_severity("mode", "x", "an access control list (system.posix_acl_access)") == "high"
    assert file_severity("mode", "x", "immutable") == "medium"
    assert file_severity("mode", "x", "0777") == "high"
