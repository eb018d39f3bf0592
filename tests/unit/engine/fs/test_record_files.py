# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record is a regular file of a bounded size; whatever else lies there is named and never waited for."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import record_files
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.record_files import read_bytes, read_json, read_text

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links and pipes as on POSIX")


def test_content_text_and_json_are_read(tmp_path: Path) -> None:
    (tmp_path / "x").write_text('{"ü": 1}', encoding="utf-8")
    assert read_bytes(tmp_path / "x") == '{"ü": 1}'.encode()
    assert read_text(tmp_path / "x") == '{"ü": 1}'
    assert read_json(tmp_path / "x") == {"ü": 1}


@pytest.mark.parametrize("path", ["gone", "file/below"])
def test_what_is_not_there_is_not_found(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / path)


@pytest.mark.parametrize(("kind", "words"), [("link", "a link"), ("directory", "a directory"), ("fifo", "a FIFO"), ("dangling", "a link")])
def test_what_is_no_file_is_named(tmp_path: Path, kind: str, words: str) -> None:
    path = tmp_path / "record"
    (tmp_path / "other").write_text("{}")
    {
        "link": lambda: path.symlink_to("other"),
        "dangling": lambda: path.symlink_to("nowhere"),
        "directory": path.mkdir,
        "fifo": lambda: os.mkfifo(path),
    }[kind]()
    with pytest.raises(ValueError, match=words):
        read_bytes(path)


def test_a_file_has_a_largest_size(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"12345")
    assert read_bytes(tmp_path / "x", largest=5) == b"12345"
    with pytest.raises(ValueError, match="it has 5 bytes, and at most 4 are read"):
        read_bytes(tmp_path / "x", largest=4)


def test_text_is_utf_8(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"ab\xff")
    with pytest.raises(ValueError, match=r"not UTF-8 text \(byte 2\)"):
        read_text(tmp_path / "x")


@pytest.mark.parametrize(("number", "passes"), [(errno.EMFILE, True), (errno.EINTR, True), (errno.EACCES, False), (errno.EIO, False)])
def test_what_passes_is_no_fault_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, passes: bool) -> None:
    def refuse(path: Path) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(record_files, "open_regular", refuse)
    with pytest.raises(OSError if passes else ValueError, match=os.strerror(number)):
        read_bytes(tmp_path)
