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
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError, UnsafeArchive
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


@pytest.mark.parametrize("unpack", SIDES, ids=["host", "builder"])
@pytest.mark.parametrize("name", sorted(CHAINS))
def test_no_chain_of_links_leaves_the_tree(tmp_path: Path, secret: Path, unpack: Callable[..., object], name: str) -> None:
    archive = written(tmp_path / "hostile.tar.gz", CHAINS[name])
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
    monkeypatch.delattr(unpacking.tarfile, "data_filter")
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
