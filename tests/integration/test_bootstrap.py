# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bootstrap script, run by real shells with small archives that lie on the host."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.bootstrap import (
    BootstrapFailed,
    removal_command,
)
from bootstrap_samples import SHELLS, command_for, digest_of, make_archive, run_script


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    return request.param


def test_the_interpreter_is_unpacked_below_the_root_that_it_will_be_installed_in(shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz", ("bin/python", "python3"), ("lib/x.py", b""))
    made = run_script(shell, command_for(archive, tmp_path))
    assert Path(made.place).parent == tmp_path / "root"
    assert made.root_made
    assert subprocess.run([made.python], capture_output=True, check=True).stdout == b"3.12.1"
    assert Path(made.place, "tree/lib/x.py").exists()
    assert (Path(made.archive).parent, Path(made.archive).read_bytes()) == (Path(made.place), archive.read_bytes())


def test_nothing_is_left_after_a_run_that_came_to_nothing(shell: list[str], tmp_path: Path) -> None:
    made = run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path))
    subprocess.run(removal_command(made), shell=True, check=True)
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize("damage", [None, "changed", "missing", "too large", "a pipe"])
def test_an_archive_that_the_root_kept_is_taken_where_it_is_whole(damage: str | None, shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    kept = tmp_path / "kept.tar.gz"
    if damage == "a pipe":
        os.mkfifo(kept)
    elif damage != "missing":
        kept.write_bytes(archive.read_bytes() + (b"x" if damage else b"") * (1 << 20 if damage == "too large" else 1))
    other = tmp_path / "nowhere.tar.gz"
    options = {"sha256": digest_of(archive), "most_bytes": 1 << 19}
    if damage is None:
        made = run_script(shell, command_for(archive, tmp_path, f"stored:{kept}", str(other), **options))
        assert Path(made.archive).read_bytes() == archive.read_bytes()
        return
    made = run_script(shell, command_for(archive, tmp_path, f"stored:{kept}", str(archive), **options))
    assert Path(made.archive).read_bytes() == archive.read_bytes()
    with pytest.raises(BootstrapFailed) as caught:
        run_script(shell, command_for(archive, tmp_path, f"stored:{kept}", str(other), **options))
    assert caught.value.kind == "fetch" and "kept" not in caught.value.message


def test_a_root_that_was_there_stays_though_it_is_empty(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    made = run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path))
    subprocess.run(removal_command(made), shell=True, check=True)
    assert list((tmp_path / "root").iterdir()) == []


def test_a_look_makes_no_root(shell: list[str], tmp_path: Path) -> None:
    made = run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path, install=False))
    assert Path(made.place).parent == tmp_path
    assert not (tmp_path / "root").exists()


def test_the_next_directory_is_taken_where_the_first_cannot_be_used(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "root").write_text("a file in the way")
    (tmp_path / "other").mkdir()
    made = run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz"), tmp_path, remote_tmp="/nowhere"), TMPDIR=f"{tmp_path}/other")
    assert Path(made.place).parent == tmp_path / "other"


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
def test_directories_that_a_mount_forbids_are_reported_with_the_mount(shell: list[str], tmp_path: Path) -> None:
    for name, flag in (("a", "ro"), ("b", "noexec")):
        (tmp_path / name).mkdir()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"mode=755,{flag}", "tmpfs", str(tmp_path / name)], check=False).returncode:
            pytest.skip("this machine does not allow mounting a tmpfs")
    archive = make_archive(tmp_path / "a.tar.gz")
    command = command_for(archive, tmp_path, install=False, remote_tmp=f"{tmp_path}/a")
    try:
        with pytest.raises(BootstrapFailed) as caught:
            # The last resort is /var/tmp, which is fine here.
            run_script(shell, command.replace("/var/tmp", "/nowhere"), TMPDIR=f"{tmp_path}/b")
        assert caught.value.kind == "place"
        assert f"{tmp_path}/a (it is mounted read-only: the mount at {tmp_path}/a)" in caught.value.message
        assert f"{tmp_path}/b (no program starts there, since it is mounted noexec: the mount at {tmp_path}/b)" in caught.value.message
        assert "/nowhere (is no directory)" in caught.value.message
    finally:
        for name in "ab":
            subprocess.run(["umount", "-l", str(tmp_path / name)], check=True)


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (("../evil", b"x"), "lead out"),
        (("/evil", b"x"), "lead out"),
        (("lib/../../evil", b"x"), "lead out"),
        (("lib/link", "/etc"), "lead out"),
        (("dev", None), "neither file"),
    ],
    ids=["parent", "absolute", "through parent", "absolute link", "device"],
)
def test_an_archive_that_leaves_its_tree_is_refused(shell: list[str], tmp_path: Path, member: tuple[str, Any], reason: str) -> None:
    with pytest.raises(BootstrapFailed, match=reason) as failed:
        run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz", member), tmp_path))
    assert failed.value.kind == "archive"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz"]


def test_a_link_within_the_tree_is_no_reason_to_refuse(shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz", ("lib/a/link", "../../bin/python3"), ("lib/..data", b""))
    assert Path(run_script(shell, command_for(archive, tmp_path)).place, "tree/lib/a/link").exists()


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda path: make_archive(path, python=b"#!/bin/sh\nexit 1\n"), "interpreter"),
        (lambda path: make_archive(path, python=b"#!/bin/sh\nprintf 2.7.18\n"), "interpreter"),
        (lambda path: (path.write_bytes(b"no archive"), path)[1], "archive"),
    ],
    ids=["does not start", "too old", "no archive"],
)
def test_what_cannot_run_is_refused_and_leaves_nothing(shell: list[str], tmp_path: Path, make: Any, kind: str) -> None:
    archive = make(tmp_path / "a.tar.gz")
    with pytest.raises(BootstrapFailed) as failed:
        run_script(shell, command_for(archive, tmp_path))
    assert (failed.value.kind, failed.value.pushing_may_help) == (kind, False)
    assert not (tmp_path / "root").exists()


@pytest.fixture
def eight_megabytes(tmp_path: Path) -> Iterator[Path]:
    """Mount a file system of that size."""
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=755", "none", str(place)], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield place
    subprocess.run(["umount", str(place)], check=True)


@pytest.mark.root
@pytest.mark.parametrize("step", ["copied", "listed", "unpacked"])
def test_a_full_disk_is_reported_as_that_and_leaves_nothing(shell: list[str], tmp_path: Path, eight_megabytes: Path, step: str) -> None:
    large = os.urandom(9 << 20) if step == "copied" else bytes(9 << 20)
    archive = make_archive(tmp_path / "a.tar.gz", ("lib/large", large))
    if step == "listed":
        # Room for the copy of the archive, and for nothing else.
        (eight_megabytes / "filler").write_bytes(bytes((8 << 20) - archive.stat().st_size - (8 << 10)))
    before = sorted(eight_megabytes.iterdir())
    with pytest.raises(BootstrapFailed) as raised:
        run_script(shell, command_for(archive, tmp_path, root=f"{eight_megabytes}/root", remote_tmp=""))
    assert (raised.value.kind, raised.value.pushing_may_help) == ("space", False)
    assert f"mounted at {eight_megabytes}" in str(raised.value)
    assert sorted(eight_megabytes.iterdir()) == before


def test_other_bytes_than_declared_are_refused(shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    with pytest.raises(BootstrapFailed, match=digest_of(archive)) as failed:
        run_script(shell, command_for(archive, tmp_path, sha256="0" * 64))
    assert (failed.value.kind, failed.value.pushing_may_help) == ("digest", True)


def test_the_second_source_is_taken_where_the_first_is_wrong(shell: list[str], tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz")
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"wrong")
    made = run_script(shell, command_for(archive, tmp_path, "/nowhere", str(wrong), f"file://{archive}"))
    assert digest_of(Path(made.archive)) == digest_of(archive)


@pytest.fixture
def tools_of_macos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory for PATH with this machine's tools, but BSD's tar and shasum where macOS has those."""
    bsdtar, shasum = shutil.which("bsdtar"), shutil.which("shasum")
    if bsdtar is None or shasum is None:
        pytest.skip("this machine has no bsdtar (libarchive-tools) or no shasum (perl)")
    place = tmp_path_factory.mktemp("macos")
    for directory in (Path("/usr/bin"), Path("/bin")):
        for tool in directory.iterdir():
            if tool.name not in ("sha256sum", "openssl", "tar", "busybox") and not (place / tool.name).is_symlink():
                (place / tool.name).symlink_to(tool)
    (place / "tar").symlink_to(bsdtar)
    return place


def test_the_tools_of_macos_will_do(tools_of_macos: Path, tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "a.tar.gz", ("bin/python", "python3"), ("lib/a/link", "../../bin/python3"), ("lib/x y.py", b""))
    shell = [shutil.which("bash") or "bash", "--posix"]
    made = run_script(shell, command_for(archive, tmp_path), PATH=str(tools_of_macos))
    assert Path(made.place, "tree/lib/x y.py").exists()
    assert subprocess.run([made.python], capture_output=True, check=True).stdout == b"3.12.1"
    with pytest.raises(BootstrapFailed, match=digest_of(archive)):
        run_script(shell, command_for(archive, tmp_path, sha256="0" * 64), PATH=str(tools_of_macos))


@pytest.mark.parametrize("member", [("../evil", b"x"), ("/evil", b"x"), ("lib/link", "/etc"), ("dev", None)])
def test_the_tar_of_macos_lists_what_is_refused(tools_of_macos: Path, tmp_path: Path, member: tuple[str, Any]) -> None:
    shell = [shutil.which("bash") or "bash", "--posix"]
    with pytest.raises(BootstrapFailed) as failed:
        run_script(shell, command_for(make_archive(tmp_path / "a.tar.gz", member), tmp_path), PATH=str(tools_of_macos))
    assert failed.value.kind == "archive"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz"]
