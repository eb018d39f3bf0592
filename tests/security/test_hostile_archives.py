# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Archives that would read or write outside their tree by way of links: refused on both sides, and by the shell of a first install."""

from __future__ import annotations

import hashlib
import io
import shutil
import stat
import subprocess
import tarfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError, UnsafeArchive
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack import archive as unpacking_on_host
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.archive import unpack as unpack_on_host
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources import unpacking
from ansible_collections.hermetic.python.plugins.plugin_utils.bundle_building.sources.unpacking import unpack as unpack_for_build
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import bootstrap_command

SIDES = [unpack_on_host, unpack_for_build]
SECRET = "what nobody but its owner may read"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "file").write_text(SECRET)
    return tmp_path / "secret"


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


def directory(name: str) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = tarfile.DIRTYPE, 0o755
    return entry


def file(name: str, size: int = 1) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


def written(path: Path, entries: list[tarfile.TarInfo]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for entry in entries:
            archive.addfile(entry, io.BytesIO(b"x" * entry.size))
    return path


def long_path() -> list[tarfile.TarInfo]:
    """Return sixteen directories with long names within each other, and short links that stand for them."""
    entries, above, short = [], "", ""
    for letter in "abcdefghijklmnop":
        entries += [directory(f"{above}{'d' * 247}"), link(f"{above}{letter}", "d" * 247)]
        above, short = f"{above}{'d' * 247}/", f"{short}{letter}/"
    return entries


CHAINS = {
    "hard link through links": [directory("d"), link("d/l1", ".."), link("l2", "d/l1/.."), link("stolen", "l2/secret/file", tarfile.LNKTYPE)],
    "hard link through links, links last": [
        directory("d"), link("stolen", "l2/secret/file", tarfile.LNKTYPE), link("d/l1", ".."), link("l2", "d/l1/.."),
    ],
    "chain of links": [directory("d"), link("d/l1", ".."), link("l2", "d/l1/.."), link("l3", "l2/secret")],
    "file through a chain": [directory("d"), link("d/l1", ".."), link("l2", "d/l1/.."), file("l2/secret/planted")],
    "hard link to a link": [link("l", "d/../.."), directory("d"), link("stolen", "l", tarfile.LNKTYPE)],
    "hard link to what comes later": [link("early", "late", tarfile.LNKTYPE), file("late")],
    "hard link to a directory": [directory("d"), link("hard", "d", tarfile.LNKTYPE)],
    "hard link with dots": [directory("d"), link("hard", "d/../../secret/file", tarfile.LNKTYPE)],
    "absolute hard link": [link("hard", "/etc/passwd", tarfile.LNKTYPE)],
    "a link over a directory": [directory("d"), link("d", "../secret"), file("d/planted")],
    "a file over a link": [link("d", "../secret/file"), file("d")],
    "absolute link": [link("l", "/etc/passwd")],
    "absolute link, and a file through it": [link("l", "/tmp"), file("l/planted")],
    "hard link to an absolute link": [link("l", "/etc/passwd"), link("stolen", "l", tarfile.LNKTYPE)],
    "hard link to a link of the tree": [file("real"), link("l", "real"), link("stolen", "l", tarfile.LNKTYPE)],
    "hard link to a file behind a link of the tree": [directory("d"), file("d/real"), link("l", "d"), link("stolen", "l/real", tarfile.LNKTYPE)],
    "hard link to itself": [link("stolen", "stolen", tarfile.LNKTYPE)],
    "hard link over its own target": [file("real"), link("real", "real", tarfile.LNKTYPE)],
    "hard links through each other": [link("a", "b", tarfile.LNKTYPE), link("b", "a", tarfile.LNKTYPE)],
    "a directory over a link": [link("d", "../secret"), directory("d"), file("d/planted")],
    "a directory over a link of the tree": [directory("real"), link("d", "real"), directory("d"), file("d/planted")],
    "a link over a file, and a hard link to it": [file("f"), link("f", "../secret/file"), link("stolen", "f", tarfile.LNKTYPE)],
    "a link over a directory that a file implied": [file("d/one"), link("d", "../secret"), file("d/planted")],
    "a link by way of a file": [file("f"), link("l", "f/../../secret")],
    "a link of dots and slashes": [directory("d"), link("l", "d/.//..///../secret")],
    "links in a circle": [link("a", "b"), link("b", "a/../..")],
    "device": [link("null", "", tarfile.CHRTYPE)],
    # The realpath of Python's own filter gave up on such a path, and took what follows for harmless (CVE-2025-4517).
    "a longer path than realpath follows": [
        *long_path(),
        link("/".join("abcdefghijklmnop") + "/" + "l" * 254, "../" * 16),
        link("escape", "/".join("abcdefghijklmnop") + "/" + "l" * 254 + "/../secret"),
        file("escape/planted"),
    ],
}  # fmt: skip


# Harmless for a shell on POSIX, and for no other system that the archive may be unpacked on.
ELSEWHERE = {
    "a link with a backslash": [link("l", "..\\secret")],
    "a link with a drive": [link("l", "C:/secret")],
    "a link with a drive and no slash": [link("l", "C:secret")],
    "a link to a share": [link("l", "//host/share")],
    "an empty link": [link("l", "")],
}

# Where names are told apart these are harmless, so that both sides are made to believe that they are not.
FOLDED = {
    "the link of the chain in capitals": [directory("d"), link("d/l1", ".."), link("l2", "D/L1/.."), link("stolen", "L2/secret/file", tarfile.LNKTYPE)],
    "a file behind a link in capitals": [link("l", "../secret"), file("L/planted")],
    "a file behind a link of the tree in capitals": [directory("d"), link("l", "d"), file("L/planted")],
    "a directory over a link in capitals": [link("l", "d"), directory("L"), file("L/planted")],
    "a file over a link in capitals": [link("l", "d"), file("L")],
    "sharp s": [link("stra\u00dfe", "d"), file("STRASSE/planted")],
    "composed and decomposed": [link("caf\u00e9", "d"), file("cafe\u0301/planted")],
    "a ligature": [link("\ufb01le", "d"), file("FILE/planted")],
    "the Kelvin sign": [link("\u212a", "d"), file("k/planted")],
    "a hard link to a link in capitals": [file("real"), link("l", "real"), link("stolen", "L", tarfile.LNKTYPE)],
}  # fmt: skip


@pytest.mark.parametrize("side", ["host", "builder"])
@pytest.mark.parametrize("name", sorted(FOLDED))
def test_no_name_that_a_file_system_takes_for_another_leaves_the_tree(
    tmp_path: Path, secret: Path, monkeypatch: pytest.MonkeyPatch, side: str, name: str
) -> None:
    unpack: Callable[[Path, Path], object] = unpack_on_host if side == "host" else unpack_for_build
    monkeypatch.setattr(unpacking_on_host if side == "host" else unpacking, "folds_case", lambda directory: True)
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(UnsafeArchive):
        unpack(written(tmp_path / "hostile.tar.gz", FOLDED[name]), out)
    assert [path.name for path in secret.iterdir()] == ["file"]
    assert not [path for path in out.rglob("*") if path.is_symlink()]


@pytest.mark.parametrize("unpack", SIDES, ids=["host", "builder"])
@pytest.mark.parametrize("name", sorted(CHAINS | ELSEWHERE))
def test_no_chain_of_links_leaves_the_tree(tmp_path: Path, secret: Path, unpack: Callable[..., object], name: str) -> None:
    archive = written(tmp_path / "hostile.tar.gz", (CHAINS | ELSEWHERE)[name])
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(UnsafeArchive) as caught:
        unpack(archive, out)
    assert caught.value.problems
    assert [path.name for path in secret.iterdir()] == ["file"]
    assert not [path for path in out.rglob("*") if path.is_file() and SECRET in path.read_text(errors="replace")]
    assert not [path for path in out.rglob("*") if path.is_symlink()]


def test_a_hard_link_within_a_source_is_a_copy(tmp_path: Path) -> None:
    archive = written(tmp_path / "good.tar.gz", [directory("d"), file("d/one", 5), link("two", "./d/one", tarfile.LNKTYPE)])
    unpack_for_build(archive, tmp_path / "out")
    assert (tmp_path / "out" / "two").read_text() == "xxxxx"


@pytest.mark.parametrize("unpack", SIDES, ids=["host", "builder"])
@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_a_zip_holds_no_links_and_no_devices(tmp_path: Path, secret: Path, unpack: Callable[..., object], kind: int) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        entry = zipfile.ZipInfo("l")
        entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16
        archive.writestr(entry, "../secret")
        archive.writestr("l/planted", "x")
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert [path.name for path in secret.iterdir()] == ["file"]


@pytest.mark.parametrize("unpack", SIDES, ids=["host", "builder"])
@pytest.mark.parametrize("writer", [0, 3, 19])
@pytest.mark.parametrize("last", ["l2/secret/stolen", "l2/secret/", "d/l1/secret/planted", "l2"])
def test_no_chain_of_links_of_a_zip_leaves_the_tree(
    tmp_path: Path, secret: Path, unpack: Callable[..., object], writer: int, last: str
) -> None:
    """What a zip of Unix keeps in the upper half of the attributes counts for the builder, whoever says to have written it."""
    with warnings.catch_warnings(), zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("d/", "")
        for name, target in (("d/l1", ".."), ("l2", "d/l1/..")):
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = writer, (stat.S_IFLNK | 0o777) << 16
            archive.writestr(entry, target)
        archive.writestr(last, "" if last.endswith("/") else "planted")
    (tmp_path / "out").mkdir()
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert [path.name for path in secret.iterdir()] == ["file"]
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_symlink()]


@pytest.mark.parametrize("unpack", SIDES, ids=["host", "builder"])
@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "a\\..\\..\\x", "C:x"])
def test_a_zip_writes_nothing_outside(tmp_path: Path, unpack: Callable[..., object], name: str) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(name, "x")
        archive.writestr("good", "x")
    (tmp_path / "out").mkdir()
    before = set(tmp_path.iterdir())
    with pytest.raises(UnsafeArchive):
        unpack(tmp_path / "a.zip", tmp_path / "out")
    assert set(tmp_path.iterdir()) == before


def test_an_old_python_on_the_controller_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = written(tmp_path / "good.tar.gz", [file("one")])
    monkeypatch.delattr(tarfile, "data_filter")
    with pytest.raises(HermeticError, match=r"3\.11\.4"):
        unpack_for_build(archive, tmp_path / "out")


@pytest.mark.parametrize("tar", ["tar", "busybox", "bsdtar"])
@pytest.mark.parametrize("name", sorted(set(CHAINS) - {"a longer path than realpath follows"}))
def test_the_shell_of_a_first_install_refuses_what_leaves_the_tree(tmp_path: Path, secret: Path, tar: str, name: str) -> None:
    program = shutil.which(tar)
    if program is None:
        pytest.skip(f"there is no {tar} on this machine")
    archive = written(tmp_path / "hostile.tar.gz", CHAINS[name])
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "tar").write_text(f'#!/bin/sh\nexec {program}{" tar" if tar == "busybox" else ""} "$@"\n')
    (tools / "tar").chmod(0o755)
    root = tmp_path / "root"
    sha256 = hashlib.sha256(archive.read_bytes()).hexdigest()
    command = bootstrap_command([str(archive)], sha256=sha256, install=True, root=str(root), remote_tmp=None)
    variables = {"PATH": f"{tools}:/usr/bin:/bin", "TMPDIR": str(tmp_path)}
    done = subprocess.run(["sh", "-c", command], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done
    assert "error=archive" in done.stdout, done.stdout
    assert [path.name for path in secret.iterdir()] == ["file"]
    assert not root.exists()
