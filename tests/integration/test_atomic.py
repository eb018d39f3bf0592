# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Durable writes that are killed, and on file systems that are full or read-only."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import paths
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import atomic
from unprivileged import ROOT, as_nobody, unprivileged

needs_root = pytest.mark.skipif(not ROOT, reason="mounting a small file system needs root")


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


@as_nobody
def test_a_root_without_permission_is_said(tmp_path: Path) -> None:
    done = unprivileged("try: durable.make_directory(Path('/hermetic-test/a'))\nexcept BrokenRoot as error: print(error)")
    assert "permission denied" in done.stdout, done.stderr
    assert "become" in done.stdout
