# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durable writes, directories and exchange on the file system of this machine."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return os.lstat(path).st_mode & 0o7777


def test_a_file_is_replaced_with_its_mode_and_nothing_is_left_beside(tmp_path: Path, strict_umask: None) -> None:
    path = tmp_path / "state"
    path.write_text("old")
    atomic.write_text(path, "new ü")
    assert path.read_text(encoding="utf-8") == "new ü"
    assert mode(path) == 0o644
    atomic.write_text(path, "secret", mode=0o600)
    assert mode(path) == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["state"]


def test_equal_values_give_equal_json_in_one_line(tmp_path: Path) -> None:
    atomic.write_json(tmp_path / "a", {"b": [1], "a": "ü"})
    atomic.write_json(tmp_path / "b", {"a": "ü", "b": [1]})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "a").read_bytes().count(b"\n") == 1
    assert json.loads((tmp_path / "a").read_text()) == {"a": "ü", "b": [1]}


def test_the_file_and_its_directory_are_flushed_around_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def noted_fsync(fd: int) -> None:
        steps.append("directory" if os.path.isdir(f"/proc/self/fd/{fd}") else "file")
        fsync(fd)

    def noted_replace(source: str, target: str) -> None:
        steps.append("rename")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    if not sys.platform.startswith("linux"):
        pytest.skip("reads /proc")
    atomic.write_text(tmp_path / "state", "x")
    assert steps == ["file", "rename", "directory"]


def test_directories_get_their_mode_whatever_the_umask(tmp_path: Path, strict_umask: None) -> None:
    atomic.make_directory(tmp_path / "a" / "b" / "c")
    atomic.make_directory(tmp_path / "a" / "private", mode=0o700)
    assert [mode(tmp_path / name) for name in ("a", "a/b", "a/b/c", "a/private")] == [0o755, 0o755, 0o755, 0o700]


def test_an_existing_directory_or_a_link_to_one_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    atomic.make_directory(tmp_path / "link")
    atomic.make_directory(tmp_path / "link" / "below")
    assert (tmp_path / "link").is_symlink()
    assert mode(tmp_path / "real") == 0o700
    assert (tmp_path / "real" / "below").is_dir()


@pytest.mark.parametrize("below", ["", "deeper", "a/b"])
def test_a_file_in_the_way_of_a_directory_is_named(tmp_path: Path, below: str) -> None:
    (tmp_path / "root").write_text("a file")
    with pytest.raises(BrokenRoot, match=r"root.*in(?: the)? the way|root.*stands in the way") as caught:
        atomic.make_directory(tmp_path / "root" / below)
    assert "Move it away" in str(caught.value)


def test_two_directories_are_swapped(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        (tmp_path / name / "who").write_text(name)
    if not atomic.exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot swap")
    assert [(tmp_path / name / "who").read_text() for name in "ab"] == ["b", "a"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the numbered call is for Linux")
def test_the_swap_works_without_a_wrapper_in_the_c_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = atomic._c_function
    monkeypatch.setattr(atomic, "_c_function", lambda name: None if name == "renameat2" else real(name))
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert atomic.exchange(tmp_path / "a", tmp_path / "b")
    assert (tmp_path / "a").read_text() == "b"


def test_a_swap_that_the_system_does_not_offer_is_refused_without_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic, "_c_function", lambda name: None)
    (tmp_path / "a").write_text("a")
    (tmp_path / "b").write_text("b")
    assert atomic.exchange(tmp_path / "a", tmp_path / "b") is False
    assert (tmp_path / "a").read_text() == "a"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems may lack the call")
def test_a_swap_with_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("a")
    with pytest.raises(BrokenRoot, match="does not exist"):
        atomic.exchange(tmp_path / "a", tmp_path / "gone")


def test_syncing_the_file_system_works_and_names_a_missing_path(tmp_path: Path) -> None:
    atomic.sync_file_system(tmp_path)
    atomic.sync_directory(tmp_path)
    with pytest.raises(BrokenRoot, match="does not exist"):
        atomic.sync_directory(tmp_path / "gone")


def test_sharing_violations_are_waited_out_and_others_are_not() -> None:
    class Sharing(OSError):
        winerror = 32

    calls: list[int] = []

    def twice() -> None:
        calls.append(1)
        if len(calls) < 3:
            raise Sharing(errno.EACCES, "in use")

    atomic.patiently(twice)
    assert len(calls) == 3

    def never() -> None:
        calls.append(1)
        raise PermissionError(errno.EACCES, "no")

    calls.clear()
    with pytest.raises(PermissionError):
        atomic.patiently(never)
    assert len(calls) == 1
