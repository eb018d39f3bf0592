# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durable writes, directories and exchange on the file systems of this machine."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import os_errors, paths
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic
from unprivileged import ROOT, as_nobody, unprivileged

needs_root = pytest.mark.skipif(not ROOT, reason="mounting a small file system needs root")


@pytest.fixture
def strict_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k,nr_inodes=64", "tmpfs", str(place)], stderr=subprocess.DEVNULL, check=False
    ).returncode:
        pytest.skip("this machine does not allow mounting a tmpfs")
    yield place
    subprocess.run(["mount", "-o", "remount,rw", str(place)], stderr=subprocess.DEVNULL, check=False)
    subprocess.run(["umount", str(place)], check=True)


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


def test_a_kill_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "state"
    path.write_text("old")
    code = f"""
import os, signal, sys
sys.path[:0] = {sys.path!r}
from pathlib import Path
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic as durable
os.replace = lambda *a: os.kill(os.getpid(), signal.SIGKILL)
durable.write_text(Path({str(path)!r}), "new")
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert path.read_text() == "old"
    assert [entry.name.startswith(paths.BUILDING) for entry in tmp_path.iterdir() if entry != path] == [True]


def test_the_file_and_its_directory_are_flushed_around_the_rename(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(
        os, "fsync", lambda fd: (steps.append("directory" if os.path.isdir(f"/proc/self/fd/{fd}") else "file"), fsync(fd))[1]
    )
    monkeypatch.setattr(os, "replace", lambda a, b: (steps.append("rename"), replace(a, b))[1])
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


@needs_root
def test_a_full_disk_is_said_and_leaves_the_old_file(small_disk: Path) -> None:
    atomic.write_text(small_disk / "state", "old")
    with pytest.raises(BrokenRoot, match=r"the disk is full.*Free space"):
        atomic.write_text(small_disk / "state", "x" * 200_000)
    assert (small_disk / "state").read_text() == "old"
    assert [entry.name for entry in small_disk.iterdir()] == ["state"]

    def fill() -> None:
        for number in range(100):
            atomic.make_directory(small_disk / str(number))

    with pytest.raises(BrokenRoot, match="the disk is full"):
        fill()


@needs_root
def test_a_read_only_file_system_is_said(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(BrokenRoot, match="mounted read-only"):
        atomic.make_directory(small_disk / "a")
    with pytest.raises(BrokenRoot, match="mounted read-only"):
        atomic.write_text(small_disk / "a", "")


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.EACCES, "permission denied"),
        (errno.EPERM, "not permitted"),
        (errno.EDQUOT, "quota"),
        (errno.EIO, "input/output"),
        (errno.ENOTDIR, "not a directory"),
    ],
)
def test_an_error_of_the_system_says_what_happened_and_what_to_do(number: int, text: str) -> None:
    told = os_errors.explain(OSError(number, os.strerror(number), "/some/file"), "the subject")
    assert isinstance(told, BrokenRoot)
    assert told.message.startswith("the subject: ")
    assert text in told.message
    assert "/some/file" in told.message
    assert told.message.endswith(".")


def test_an_unknown_error_keeps_its_own_words() -> None:
    assert "strange thing" in os_errors.explain(OSError(9999, "strange thing"), "x").message


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


@as_nobody
def test_a_root_without_permission_is_said(tmp_path: Path) -> None:
    done = unprivileged("try: durable.make_directory(Path('/hermetic-test/a'))\nexcept BrokenRoot as error: print(error)")
    assert "permission denied" in done.stdout, done.stderr
    assert "become" in done.stdout


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
