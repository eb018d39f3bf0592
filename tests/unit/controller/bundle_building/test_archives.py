# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archives of bundles: written from content alone, read without a trace outside their tree."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import FILE_TIME, FILE_TIME_IN_ZIP
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.model.request import ArchiveSource
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.archive_writing import write_archive
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.output.metadata import list_files
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.obtaining import obtain
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.unpacking import unpack
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.bundle_archive import archive_name


def sample_tree(root: Path) -> Path:
    (root / "bin").mkdir(parents=True)
    (root / "bin" / "python3.12").write_bytes(b"program")
    (root / "bin" / "python3.12").chmod(0o755)
    (root / "lib" / ("d" * 90)).mkdir(parents=True)
    (root / "lib" / ("d" * 90) / ("e" * 60)).write_text("long")
    (root / "bundle.json").write_text("{}")
    return root


@pytest.mark.parametrize("name", ["a.tar.gz", "a.zip"])
def test_an_archive_depends_on_content_only(tmp_path: Path, name: str) -> None:
    digests = set()
    for number, umask in enumerate((0o022, 0o077)):
        old = os.umask(umask)
        try:
            tree = sample_tree(tmp_path / str(number))
            if name.endswith("gz"):
                (tree / "bin" / "python").symlink_to("python3.12")
            os.utime(tree / "bundle.json", (number + 1, number + 1))
            target = tmp_path / f"{number}-{name}"
            write_archive(tree, target)
        finally:
            os.umask(old)
        digests.add(hashlib.sha256(target.read_bytes()).hexdigest())
    assert len(digests) == 1


def test_tar_entries_are_as_the_contract_says(tmp_path: Path) -> None:
    tree = sample_tree(tmp_path / "tree")
    (tree / "bin" / "python").symlink_to("python3.12")
    write_archive(tree, tmp_path / "a.tar.gz")
    with tarfile.open(tmp_path / "a.tar.gz") as archive:
        entries = archive.getmembers()
    assert [entry.name for entry in entries] == sorted(entry.name for entry in entries)
    assert {(entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) for entry in entries} == {(0, 0, "", "", 1000000000)}
    modes = {entry.name: entry.mode for entry in entries}
    assert (modes["bin"], modes["bin/python3.12"], modes["bundle.json"]) == (0o755, 0o755, 0o644)


def test_the_manifest_survives_packing(tmp_path: Path) -> None:
    tree = sample_tree(tmp_path / "tree")
    (tree / "bin" / "python").symlink_to("python3.12")
    write_archive(tree, tmp_path / "a.tar.gz")
    unpack(tmp_path / "a.tar.gz", tmp_path / "out")
    assert list_files(tmp_path / "out") == list_files(tree)
    assert "bundle.json" not in list_files(tree)


def test_archives_are_named_by_platform() -> None:
    assert archive_name(name="python", release="3.12.1+1", platform="linux-x86_64") == "python-3.12.1+1-linux-x86_64.tar.gz"
    assert archive_name(name="python", release="3.12.1+1", platform="windows-x86_64") == "python-3.12.1+1-windows-x86_64.zip"


def test_a_zip_has_the_time_of_every_file() -> None:
    assert time.gmtime(FILE_TIME)[:6] == FILE_TIME_IN_ZIP


def hostile(tmp_path: Path, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> Path:
    path = tmp_path / "hostile.tar"
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, link
        archive.addfile(entry, io.BytesIO(b""))
    return path


@pytest.mark.parametrize(
    ("name", "kind", "link"),
    [
        ("../x", tarfile.REGTYPE, ""),
        ("/etc/x", tarfile.REGTYPE, ""),
        ("a/../../x", tarfile.REGTYPE, ""),
        ("a/link", tarfile.SYMTYPE, "../../x"),
        ("link", tarfile.SYMTYPE, "/etc/passwd"),
        ("hard", tarfile.LNKTYPE, "../x"),
        ("device", tarfile.CHRTYPE, ""),
        ("pipe", tarfile.FIFOTYPE, ""),
    ],
)
def test_a_hostile_archive_writes_nothing(tmp_path: Path, name: str, kind: bytes, link: str) -> None:
    with pytest.raises(UnsafeArchive):
        unpack(hostile(tmp_path, name, kind, link), tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_file_behind_a_link_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "behind.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("a")
        link.type, link.linkname = tarfile.SYMTYPE, "b"
        archive.addfile(link)
        archive.addfile(tarfile.TarInfo("a/x"), io.BytesIO(b""))
    with pytest.raises(UnsafeArchive) as caught:
        unpack(path, tmp_path / "out")
    assert "behind the link" in str(caught.value)


def test_a_zip_that_leaves_its_tree_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../x", "x")
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / "a.zip", tmp_path / "out")


def test_a_truncated_archive_is_a_clear_error(tmp_path: Path) -> None:
    write_archive(sample_tree(tmp_path / "tree"), tmp_path / "a.tar.gz")
    (tmp_path / "b.tar.gz").write_bytes((tmp_path / "a.tar.gz").read_bytes()[:-40])
    with pytest.raises(BrokenArtifact, match=r"b\.tar\.gz"):
        unpack(tmp_path / "b.tar.gz", tmp_path / "out")


def test_an_archive_with_another_digest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(b"x")
    with pytest.raises(BrokenArtifact, match="expected " + "0" * 64):
        obtain(ArchiveSource(location=str(tmp_path / "x.tar.gz"), sha256="0" * 64), cache=tmp_path / "cache")
