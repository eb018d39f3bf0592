# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of trees have their mode and the common time however they come there, and a way that does not work is left for the next."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import tree_files
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.tree_files import (
    WAYS,
    choose_way,
    hard_link,
    open_file,
    write_file,
)
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME_NS

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes as on POSIX")


def facts(path: Path) -> tuple[bytes, int, int]:
    status = path.stat()
    return path.read_bytes(), stat.S_IMODE(status.st_mode), status.st_mtime_ns


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_file(str(tmp_path / "source"), b"content", mode=0o644)
    return tmp_path / "source"


@pytest.mark.parametrize("umask", [0o077, 0])
@pytest.mark.parametrize("mode", [0o644, 0o755])
def test_a_written_file_has_its_mode_and_time_whatever_the_umask(tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        write_file(str(tmp_path / "x"), b"abc" * 1000, mode=mode)
    finally:
        os.umask(before)
    assert facts(tmp_path / "x") == (b"abc" * 1000, mode, FILE_TIME_NS)


def test_nothing_is_written_over(source: Path) -> None:
    with pytest.raises(FileExistsError):
        write_file(str(source), b"other", mode=0o644)
    assert source.read_bytes() == b"content"


def test_a_write_that_is_cut_short_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:3]))
    write_file(str(tmp_path / "x"), b"0123456789", mode=0o644)
    assert (tmp_path / "x").read_bytes() == b"0123456789"


def test_an_error_of_the_caller_closes_the_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="mine"), open_file(str(tmp_path / "x"), mode=0o644) as descriptor:
        raise ValueError("mine")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


@pytest.mark.parametrize("way", ["hardlink", "copy"])
def test_every_way_gives_the_same_file(source: Path, way: str) -> None:
    target = source.with_name("target")
    linked = WAYS[way](str(source), str(target), 0o644)
    assert facts(target) == facts(source)
    assert linked is (way == "hardlink") is os.path.samefile(source, target)


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EMLINK, errno.EPERM])
def test_a_file_that_cannot_be_linked_is_copied(source: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_paths: str) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(os, "link", refuse)
    target = source.with_name("target")
    assert not hard_link(str(source), str(target), 0o644)
    assert facts(target) == facts(source)


def test_a_full_disk_is_no_reason_to_copy(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_paths: str) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "link", full)
    with pytest.raises(OSError, match="full"):
        hard_link(str(source), str(source.with_name("target")), 0o644)


@pytest.mark.parametrize(("works", "chosen"), [(("reflink", "hardlink"), "reflink"), (("hardlink",), "hardlink"), ((), "copy")])
def test_the_first_way_that_works_is_taken_and_its_trial_is_gone(
    source: Path, monkeypatch: pytest.MonkeyPatch, works: tuple[str, ...], chosen: str
) -> None:
    def refuse(*_arguments: object) -> bool:
        raise OSError(errno.ENOTSUP, "not here")

    (source.parent / "tree").mkdir()
    monkeypatch.setitem(WAYS, "reflink", tree_files.copy if "reflink" in works else refuse)
    if "hardlink" not in works:
        monkeypatch.setattr(os, "link", refuse)
    assert choose_way("auto", source, source.parent / "tree") == chosen
    assert os.listdir(source.parent / "tree") == []
    for way in ("reflink", "hardlink"):
        if way in works or (way == "hardlink" and works):
            assert choose_way(way, source, source.parent / "tree") == way
        else:
            with pytest.raises(HermeticError, match=f"link_mode is '{way}', which does not work.*not here"):
                choose_way(way, source, source.parent / "tree")
