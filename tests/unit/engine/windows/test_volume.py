# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flushing a volume by its letter, or file by file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.windows import volume as windows_volume


def test_a_volume_is_flushed_by_its_letter_and_each_one_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def flushed(drive: str) -> bool:
        asked.append(drive)
        return True

    monkeypatch.setattr(windows_volume, "_flush_volume", flushed)
    windows_volume.flush_files(["\\\\?\\C:\\a\\b.py", "\\\\?\\C:\\c", "\\\\?\\D:\\d"])
    assert asked == ["C:", "D:"]


@pytest.mark.parametrize("share", ["\\\\?\\UNC\\server\\share\\a", "\\\\?\\Volume{0}\\a"])
def test_what_has_no_letter_is_flushed_file_by_file(share: str, monkeypatch: pytest.MonkeyPatch) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(windows_volume, "_flush_file", flushed.append)
    windows_volume.flush_files([share, f"{share}b"])
    assert sorted(flushed) == [share, f"{share}b"]


def test_every_file_is_flushed_where_the_volume_cannot_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.touch()
    inodes: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: inodes.append(os.fstat(descriptor).st_ino))
    windows_volume.flush_files(map(str, paths))
    assert sorted(inodes) == sorted(path.stat().st_ino for path in paths)


def test_a_file_that_cannot_be_flushed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        windows_volume.flush_files([str(tmp_path / "gone")])
