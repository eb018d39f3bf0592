# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking good zip archives exactly, and bad ones not at all."""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack

TIME = 1_000_000_000
BIG = os.urandom(3_000_000)


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


def zipped(path: Path, *entries: tuple[str, bytes, int], flags: int = 0) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")
        for name, content, mode in entries:
            info = zipfile.ZipInfo("x", (2001, 9, 9, 1, 46, 40))
            info.filename, info.external_attr, info.create_system = name, mode << 16, 3
            info.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(info, content)
    return path


def test_a_good_zip_comes_out_with_modes_and_times(tmp_path: Path, into: Path) -> None:
    made = zipped(
        tmp_path / "a.zip", ("bin/", b"", 0o40777), ("bin/python.exe", b"MZ", 0o100775), ("bin/big", BIG, 0o100600), ("plain", b"", 0)
    )
    before = os.umask(0o077)
    files = unpack(made, into)
    os.umask(before)
    assert files == {
        name: (len(data), hashlib.sha256(data).hexdigest())
        for name, data in {"bin/python.exe": b"MZ", "bin/big": BIG, "plain": b""}.items()
    }
    assert {name: stat.S_IMODE(os.stat(into / name).st_mode) for name in ("bin", "bin/python.exe", "bin/big", "plain")} == {
        "bin": 0o755,
        "bin/python.exe": 0o755,
        "bin/big": 0o644,
        "plain": 0o644,
    }
    assert {os.stat(into / name).st_mtime_ns for name in ("bin", "bin/python.exe", "plain")} == {TIME * 10**9}


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("../evil", 0o100644, "'..'"),
        ("/evil", 0o100644, "absolute"),
        ("C:/evil", 0o100644, "drive"),
        ("a\\..\\evil", 0o100644, "backslash"),
        ("link", 0o120777, "link or a device"),
        ("fifo", 0o010644, "link or a device"),
        ("device", 0o060644, "link or a device"),
        ("good", 0o100644, "duplicate"),
        ("good/evil", 0o100644, "below the file"),
        ("a//b", 0o100644, "empty"),
    ],
)
def test_a_bad_entry_of_a_zip_is_refused(tmp_path: Path, into: Path, name: str, mode: int, reason: str) -> None:
    with pytest.raises(UnsafeArchive, match=reason) as caught:
        unpack(zipped(tmp_path / "a.zip", ("good", b"", 0o100644), (name, b"target", mode)), into)
    assert len(caught.value.problems) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "tree"]


def test_an_encrypted_zip_is_refused(tmp_path: Path, into: Path) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", ("secret", b"x", 0o100644)).read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(UnsafeArchive, match="encrypted"):
        unpack(tmp_path / "a.zip", into)


@pytest.mark.parametrize("damage", ["truncated", "flipped"])
def test_a_damaged_zip_is_broken(tmp_path: Path, into: Path, damage: str) -> None:
    data = bytearray(zipped(tmp_path / "a.zip", ("big", BIG, 0o100644)).read_bytes())
    if damage == "truncated":
        data = data[:-100]
    else:
        data[1_000_000] ^= 1
    (tmp_path / "a.zip").write_bytes(data)
    with pytest.raises(BrokenArtifact, match="truncated or corrupt"):
        unpack(tmp_path / "a.zip", into)
