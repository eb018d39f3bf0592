# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of a root are opened where they are regular files, and nothing else is entered, followed or waited for."""

from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import own_files
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.own_files import (
    NotOurFile,
    is_our_directory,
    is_ours,
    open_regular,
    replace_by_copy,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes, links and pipes as on POSIX")


def test_a_regular_file_is_opened(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    descriptor = open_regular(tmp_path / "x")
    assert os.read(descriptor, 9) == b"x"
    assert not os.get_inheritable(descriptor)
    os.close(descriptor)
    with pytest.raises(FileNotFoundError):
        open_regular(tmp_path / "gone")


def test_a_new_file_is_made_once(tmp_path: Path) -> None:
    os.close(open_regular(tmp_path / "x", os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode=0o600))
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        open_regular(tmp_path / "x", os.O_WRONLY | os.O_CREAT | os.O_EXCL)


@pytest.mark.parametrize(("kind", "words"), [("link", "a link"), ("directory", "a directory"), ("fifo", "a FIFO"), ("socket", "a socket")])
def test_anything_else_is_named_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, words: str) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "other").write_bytes(b"precious")
    if kind == "socket":
        socket.socket(socket.AF_UNIX).bind("x")
    else:
        {"link": lambda: os.symlink("other", "x"), "directory": lambda: os.mkdir("x"), "fifo": lambda: os.mkfifo("x")}[kind]()
    open_before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for flags in (os.O_RDONLY, os.O_RDWR | os.O_CREAT):
        with pytest.raises(NotOurFile, match=f"{words} stands where a file belongs"):
            open_regular(tmp_path / "x", flags)
    assert (len(os.listdir("/proc/self/fd")) if open_before else 0) == open_before
    assert (tmp_path / "other").read_bytes() == b"precious"


@pytest.mark.parametrize(("mode", "ours"), [(0o644, True), (0o600, True), (0o666, False), (0o602, False)])
def test_what_others_may_write_is_not_ours(tmp_path: Path, mode: int, ours: bool) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "x").chmod(mode)
    (tmp_path / "d").mkdir()
    (tmp_path / "d").chmod(mode | 0o111)
    assert is_ours(tmp_path / "x") is ours
    assert is_our_directory(tmp_path / "d") is ours
    assert not is_ours(tmp_path / "d")
    assert not is_our_directory(tmp_path / "x")


def test_a_link_to_what_is_ours_is_not(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    (tmp_path / "d").mkdir()
    (tmp_path / "to-x").symlink_to("x")
    (tmp_path / "to-d").symlink_to("d")
    assert not is_ours(tmp_path / "to-x")
    assert not is_our_directory(tmp_path / "to-d")


def test_a_copy_takes_the_place_and_who_has_the_old_one_open_writes_into_nothing(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"content")
    (tmp_path / "x").chmod(0o666)
    with open(tmp_path / "x", "r+b") as held:
        replace_by_copy(tmp_path / "x", mode=0o644)
        held.write(b"EVIL")
    assert (tmp_path / "x").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o644
    assert os.listdir(tmp_path) == ["x"]


def test_a_copy_that_fails_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "x").write_bytes(b"content")
    monkeypatch.setattr(own_files, "flush", full)
    with pytest.raises(OSError, match="No space"):
        replace_by_copy(tmp_path / "x", mode=0o644)
    assert os.listdir(tmp_path) == ["x"]
    assert (tmp_path / "x").read_bytes() == b"content"
