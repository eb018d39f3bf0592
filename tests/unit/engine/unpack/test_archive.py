# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpacking good archives exactly, and bad ones not at all."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import tarfile
import threading
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenArtifact, BrokenRoot, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import tree_writing
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive_entries import DIRECTORY, FILE, LINK, Entries
from archive_samples import BIG, GOOD, TIME, WAYS, Mode, entry, tar, unpack_by


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "tree").mkdir()
    return tmp_path / "tree"


@pytest.mark.parametrize("mode", ["w:gz", "w:"])
@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("umask", [0o077, 0])
@pytest.mark.parametrize("way", WAYS)
def test_a_good_tar_comes_out_with_its_content_modes_times_and_links(
    tmp_path: Path, into: Path, mode: Mode, form: int, umask: int, way: str
) -> None:
    before = os.umask(umask)
    try:
        files = unpack_by(way, tar(tmp_path / "a", *GOOD, mode=mode, form=form), into)
    finally:
        os.umask(before)
    regular = {info.name: content for info, content in GOOD if info.isreg()}
    assert files == {name: (len(content), hashlib.sha256(content).hexdigest()) for name, content in regular.items()}
    for name, content in regular.items():
        assert (into / name).read_bytes() == content
    assert {info.name: os.readlink(into / info.name) for info, _ in GOOD if info.issym()} == {
        info.name: info.linkname for info, _ in GOOD if info.issym()
    }
    for path in into.rglob("*"):
        status = os.lstat(path)
        wanted = {"bin/python3.12": 0o755}.get(str(path.relative_to(into)), 0o755 if path.is_dir() and not path.is_symlink() else 0o644)
        if not stat.S_ISLNK(status.st_mode):
            assert stat.S_IMODE(status.st_mode) == wanted, path
    for info, _ in GOOD:
        assert os.lstat(into / info.name).st_mtime_ns == TIME * 10**9, info.name


def test_directories_that_the_archive_does_not_list_are_made(tmp_path: Path, into: Path) -> None:
    before = os.umask(0o077)
    unpack(tar(tmp_path / "a", entry("a/b/file"), entry("c/d/link", tarfile.SYMTYPE, "../../a"), entry("a", tarfile.DIRTYPE)), into)
    os.umask(before)
    assert [stat.S_IMODE(os.stat(into / name).st_mode) for name in ("a", "a/b", "c", "c/d")] == [0o755] * 4


BAD = {
    "absolute": (entry("/etc/evil"), "absolute"),
    "parent": (entry("../evil"), r"'\.\.'"),
    "inner parent": (entry("a/../../evil"), r"'\.\.'"),
    "drive": (entry("C:/evil"), "drive letter"),
    "drive-relative": (entry("c:evil"), "drive letter"),
    "backslash": (entry("a\\..\\evil"), "backslash"),
    "empty part": (entry("a//evil"), "empty part"),
    "dot part": (entry("a/./evil"), "empty part"),
    "hard link": (entry("evil", tarfile.LNKTYPE, "good"), "a hard link"),
    "character device": (entry("evil", tarfile.CHRTYPE), "character device"),
    "block device": (entry("evil", tarfile.BLKTYPE), "block device"),
    "fifo": (entry("evil", tarfile.FIFOTYPE), "fifo"),
    "socket or other": (entry("evil", b"Z"), "unknown type"),
    "absolute link": (entry("evil", tarfile.SYMTYPE, "/etc"), "absolute"),
    "drive link": (entry("evil", tarfile.SYMTYPE, "C:/x"), "absolute"),
    "leaving link": (entry("evil", tarfile.SYMTYPE, ".."), "leaves the tree"),
    "link that leaves and comes back": (entry("evil", tarfile.SYMTYPE, "../tree/good"), "leaves the tree"),
    "deep leaving link": (entry("x/y/evil", tarfile.SYMTYPE, "../../../x"), "leaves the tree"),
    "empty link": (entry("evil", tarfile.SYMTYPE, ""), "no target"),
    "backslash link": (entry("evil", tarfile.SYMTYPE, "..\\x"), "backslash"),
    "duplicate": (entry("good"), "duplicate"),
    "file as directory": (entry("good/evil"), "below the file"),
    "file over a directory": (entry("dir"), "duplicate"),
    "link over an implied directory": (entry("implied", tarfile.SYMTYPE, "good"), "duplicate"),
    "through a link": (entry("link/evil"), "behind the link"),
    "circle": (entry("circle", tarfile.SYMTYPE, "circle"), "circle"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_entry_is_refused_and_nothing_is_written_outside(tmp_path: Path, into: Path, name: str, way: str) -> None:
    (bad, content), reason = BAD[name]
    good = [entry("good", content=b"good"), entry("dir", tarfile.DIRTYPE), entry("implied/x"), entry("link", tarfile.SYMTYPE, "dir")]
    made = tar(tmp_path / "a.tar.gz", *good, (bad, content), entry("after", content=b"x"))
    with pytest.raises(UnsafeArchive, match=reason) as caught:
        unpack_by(way, made, into)
    assert len(caught.value.problems) == 1
    assert repr(bad.name) in caught.value.problems[0]
    assert str(made) in caught.value.message
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "tree"]
    assert not any(path.is_symlink() for path in into.rglob("*"))


def test_links_that_leave_the_tree_together_are_found_in_any_order(tmp_path: Path, into: Path) -> None:
    pair = [entry("d/e/up", tarfile.SYMTYPE, "../.."), entry("out", tarfile.SYMTYPE, "d/e/up/.."), entry("d/e/f")]
    for number, order in enumerate([pair, pair[::-1]]):
        target = tmp_path / f"tree{number}"
        target.mkdir()
        with pytest.raises(UnsafeArchive) as caught:
            unpack(tar(tmp_path / "a.tar", *order, mode="w:"), target)
        assert caught.value.problems == ["'out': link to 'd/e/up/..' leaves the tree"]


@pytest.mark.parametrize("way", WAYS)
def test_all_bad_entries_are_listed(tmp_path: Path, into: Path, way: str) -> None:
    with pytest.raises(UnsafeArchive, match="3 entries") as caught:
        unpack_by(way, tar(tmp_path / "a", entry("/a"), entry("fine"), entry("../b"), entry("c", tarfile.SYMTYPE, "../x")), into)
    assert len(caught.value.problems) == 3
    assert list(into.iterdir()) == []


def test_a_nul_in_a_name_is_refused(tmp_path: Path, into: Path) -> None:
    info, _ = entry("x")
    info.pax_headers = {"path": "evil\0name"}
    with pytest.raises((UnsafeArchive, BrokenArtifact)):
        unpack(tar(tmp_path / "a", (info, b"")), into)
    assert list(into.iterdir()) == []


def test_names_that_this_file_system_cannot_tell_apart_are_duplicates() -> None:
    folding = Entries(fold_case=True, windows=False)
    assert folding.admit("Lib/\u00e9", FILE)
    assert folding.admit("link", LINK, "Lib")
    assert folding.admit("lib/e\u0301", FILE) is None
    assert folding.admit("LINK/x", FILE) is None
    assert "ignores case" in folding.problems[0]
    assert "behind the link" in folding.problems[1]
    exact = Entries(fold_case=False, windows=False)
    assert exact.admit("Lib/a", FILE)
    assert exact.admit("lib/a", FILE)
    assert exact.problems == []


@pytest.mark.parametrize(
    "name", ["CON", "lib/nul.txt", "com1", "LPT9.a.b", "aux .txt", "ab:c", "a?", "trailing.", "trailing /x", "new\nline", 'quote"']
)
def test_names_that_windows_reserves_are_refused_there_only(name: str) -> None:
    there, here = Entries(fold_case=True, windows=True), Entries(fold_case=False, windows=False)
    assert there.admit(name, FILE) is None
    assert "no file name on Windows" in there.problems[0]
    assert here.admit(name, FILE) == name


@pytest.mark.parametrize("name", ["console", "com10", "nul_", "a.b", ".hidden", "Lib/aux_.py"])
def test_names_that_only_look_reserved_are_fine_on_windows(name: str) -> None:
    assert Entries(fold_case=True, windows=True).admit(name, FILE) == name


def test_a_link_chain_inside_the_tree_is_fine() -> None:
    entries = Entries(fold_case=False, windows=False)
    entries.admit("a", DIRECTORY)
    for name, target in {"a/self": ".", "b": "a/self/self/self", "c": "./b/../a", "a/up": "../b"}.items():
        assert entries.admit(name, LINK, target)
    entries.judge_links()
    assert entries.problems == []


@pytest.mark.parametrize("length", [0, 5, 20, 1000, 100_000, -1000, -9, -1])
def test_a_truncated_archive_is_broken_wherever_it_ends(tmp_path: Path, into: Path, length: int) -> None:
    data = tar(tmp_path / "a.tar.gz", *GOOD).read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(data[:length])
    with pytest.raises(BrokenArtifact, match=r"a.tar.gz: truncated or corrupt.*fetch it again"):
        unpack(tmp_path / "a.tar.gz", into)


@pytest.mark.parametrize("length", [512, 1024, 1536, 4096, 100_000, 3_100_160])
def test_a_truncated_plain_tar_is_broken_also_between_two_entries(tmp_path: Path, into: Path, length: int) -> None:
    data = tar(
        tmp_path / "a.tar", entry("a", content=b"1"), entry("b", content=BIG), entry("c", content=b"x" * 200_000), mode="w:"
    ).read_bytes()
    (tmp_path / "a.tar").write_bytes(data[:length])
    with pytest.raises(BrokenArtifact, match="truncated or corrupt"):
        unpack(tmp_path / "a.tar", into)


def test_a_damaged_header_is_not_taken_for_the_end(tmp_path: Path, into: Path) -> None:
    data = bytearray(tar(tmp_path / "a.tar", entry("a", content=b"1"), entry("b", content=b"2"), mode="w:").read_bytes())
    data[1024 + 10] ^= 0xFF
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(bytes(data)))
    with pytest.raises(BrokenArtifact, match="damaged header"):
        unpack(tmp_path / "a.tar.gz", into)


def test_flipped_bits_are_noticed_by_gzip(tmp_path: Path, into: Path) -> None:
    data = bytearray(tar(tmp_path / "a.tar.gz", *GOOD).read_bytes())
    data[len(data) // 2] ^= 0x10
    (tmp_path / "a.tar.gz").write_bytes(data)
    with pytest.raises(BrokenArtifact):
        unpack(tmp_path / "a.tar.gz", into)


@pytest.mark.parametrize("padding", [0, 100, 1_000_000])
def test_a_gzip_of_several_members_with_padding_is_one_archive(tmp_path: Path, into: Path, padding: int) -> None:
    data = tar(tmp_path / "a.tar", *GOOD, mode="w:").read_bytes()
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(data[:700]) + gzip.compress(data[700:]) + bytes(padding))
    assert unpack(tmp_path / "a.tar.gz", into)["lib/big"][0] == len(BIG)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x1f\x8b", b"PK\x03\x04rubbish", b"<html>" * 100, b"\x1f\x8b\x08" + b"\0" * 100])
def test_what_is_no_archive_is_broken(tmp_path: Path, into: Path, content: bytes) -> None:
    (tmp_path / "page").write_bytes(content)
    with pytest.raises(BrokenArtifact, match="page: truncated or corrupt"):
        unpack(tmp_path / "page", into)


def test_a_directory_that_is_not_empty_or_not_there_is_refused(tmp_path: Path, into: Path) -> None:
    made = tar(tmp_path / "a", *GOOD)
    (into / "stray").write_text("")
    with pytest.raises(BrokenRoot, match="must be empty"):
        unpack(made, into)
    with pytest.raises(BrokenRoot, match="does not exist"):
        unpack(made, tmp_path / "gone")
    (into / "stray").unlink()
    with pytest.raises(BrokenRoot, match="gone-archive: it does not exist"):
        unpack(tmp_path / "gone-archive", into)


@pytest.mark.parametrize("way", WAYS)
def test_no_thread_stays_behind_when_unpacking_fails(tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    made = tar(tmp_path / "a", *(entry(f"big{number}", content=BIG[:900_000]) for number in range(12)), mode="w:gz")
    before = threading.active_count()

    def fail(descriptor: int, block: bytes, path: str) -> None:
        raise BrokenRoot("no")

    monkeypatch.setattr(tree_writing, "_write", fail)
    with pytest.raises(BrokenRoot):
        unpack_by(way, made, into)
    assert threading.active_count() == before
