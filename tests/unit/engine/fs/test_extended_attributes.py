# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a file carries beside its mode."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import extended_attributes
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect import root_check
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from root_samples import empty_root

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners as on POSIX")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return a root in which nothing was installed."""
    return empty_root(tmp_path / "root")


@pytest.mark.parametrize(
    ("attributes", "words"), [(0x1, "read-only"), (0x2, "hidden"), (0x4, "system"), (0x7, "read-only, hidden, system")]
)
def test_attributes_of_windows_are_found(layout: Layout, monkeypatch: pytest.MonkeyPatch, attributes: int, words: str) -> None:
    observation = Observation()
    check = root_check._StoreCheck(layout, observation)
    monkeypatch.setattr(root_check, "WINDOWS", True)
    monkeypatch.setattr(check._reader, "status", lambda path: SimpleNamespace(st_mode=stat.S_IFREG, st_file_attributes=0x20 | attributes))
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

    def attributes(path: str) -> list[str]:
        asked.append(path)
        return []

    monkeypatch.setattr(extended_attributes, "_attributes", attributes)
    (tmp_path / "one").touch()
    os.link(tmp_path / "one", tmp_path / "two")
    known: extended_attributes.Known = {}
    for name in ("one", "two"):
        extended_attributes.carried(str(tmp_path / name), os.lstat(tmp_path / name), known)
    assert len(asked) == 1
