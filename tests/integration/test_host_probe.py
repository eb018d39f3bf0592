# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe, run by real shells on made-up hosts, and its answer read strictly."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_mounts import refuse_read_only, without_programs
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_probe import parse_probe, script_text

SHELLS = [shell for shell in (["dash"], ["bash", "--posix"], ["busybox", "sh"], ["zsh"], ["sh"]) if shutil.which(shell[0])]


@pytest.fixture(params=SHELLS, ids=lambda shell: shell[0])
def shell(request: pytest.FixtureRequest) -> list[str]:
    return request.param


def _probe(shell: list[str], root: str, **environment: str) -> str:
    done = subprocess.run(
        [*shell, "-c", script_text("probe.sh"), "probe", root],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        check=True,
    )
    return done.stdout


def _tools(directory: Path, **programs: str) -> str:
    """Return a PATH on which these programs answer like another host's."""
    directory.mkdir()
    for name, answer in programs.items():
        (directory / name).write_text(f"#!/bin/sh\n{answer}\n")
        (directory / name).chmod(0o755)
    for name in ("sed", "readlink", "id", "uname", "sh"):
        if name not in programs:
            (directory / name).symlink_to(str(shutil.which(name)))
    return str(directory)


def _bundle(root: Path, name: str, *, python: str, receipt: bool = True, engine: bool = True) -> None:
    tree = root / "bundles" / name
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "python3").write_text(f"#!/bin/sh\n{python}\n")
    (tree / "bin" / "python3").chmod(0o755)
    if engine:
        (tree / "lib" / "engine").mkdir(parents=True)
    if receipt:
        receipts = root / "state" / "receipts" / "bundles"
        receipts.mkdir(parents=True, exist_ok=True)
        (receipts / f"{name}.json").write_text("{}")


def test_a_bare_host_is_described(shell: list[str], tmp_path: Path) -> None:
    facts = parse_probe(_probe(shell, str(tmp_path / "root")))
    assert (facts.root_type, facts.root_writable, facts.interpreter, facts.dead) == ("missing", True, None, ())
    assert facts.uid == os.getuid()
    assert "tar" in facts.tools


def test_the_newest_bundle_is_addressed_by_its_own_path(shell: list[str], tmp_path: Path) -> None:
    _bundle(tmp_path, "python-3.12.1+1-aaaaaaaaaaaa", python="printf 3.12.1")
    _bundle(tmp_path, "python-3.13.0+1-bbbbbbbbbbbb", python="printf 3.13.0")
    (tmp_path / "state" / "engine").symlink_to("../bundles/python-3.13.0+1-bbbbbbbbbbbb")
    found = parse_probe(_probe(shell, str(tmp_path))).interpreter
    assert found is not None
    assert (found.version, found.path) == ((3, 13, 0), f"{tmp_path}/bundles/python-3.13.0+1-bbbbbbbbbbbb/bin/python3")


def test_a_dead_interpreter_is_reported_and_the_next_one_taken(shell: list[str], tmp_path: Path) -> None:
    _bundle(tmp_path, "python-3.12.1+1-aaaaaaaaaaaa", python="exit 127")
    _bundle(tmp_path, "python-3.13.0+1-bbbbbbbbbbbb", python="printf 3.13.0")
    (tmp_path / "state" / "engine").symlink_to("../bundles/python-3.12.1+1-aaaaaaaaaaaa")
    facts = parse_probe(_probe(shell, str(tmp_path)))
    assert facts.dead == ("python-3.12.1+1-aaaaaaaaaaaa",)
    assert facts.interpreter is not None and facts.interpreter.bundle_id == "python-3.13.0+1-bbbbbbbbbbbb"


@pytest.mark.parametrize(
    ("python", "receipt", "engine"),
    [("printf 3.13.0", False, True), ("printf 3.13.0", True, False), ("printf 3.8.18", True, True), ("printf 2.7.18", True, True)],
    ids=["without receipt", "without engine", "too old", "much too old"],
)
def test_a_tree_that_cannot_run_the_engine_is_passed_over(
    shell: list[str], tmp_path: Path, python: str, receipt: bool, engine: bool
) -> None:
    _bundle(tmp_path, "python-1-aaaaaaaaaaaa", python=python, receipt=receipt, engine=engine)
    assert parse_probe(_probe(shell, str(tmp_path))).interpreter is None


def test_a_file_in_the_way_of_the_root_is_reported(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "root").write_text("")
    assert parse_probe(_probe(shell, str(tmp_path / "root"))).root_type == "other"


def test_a_home_is_that_of_the_user_on_the_host(shell: list[str], tmp_path: Path) -> None:
    assert parse_probe(_probe(shell, "~/own", HOME=str(tmp_path))).root == f"{tmp_path}/own"


def test_a_home_with_a_space_is_refused(shell: list[str], tmp_path: Path) -> None:
    with pytest.raises(HermeticError, match="white space"):
        parse_probe(_probe(shell, "~/own", HOME=str(tmp_path / "two words")))


@pytest.mark.parametrize(
    ("programs", "libc", "version", "platform"),
    [
        ({"getconf": "echo glibc 2.17"}, "glibc", (2, 17), "linux-x86_64"),
        ({"getconf": "exit 1", "ldd": "echo 'ldd (GNU libc) 2.28'"}, "glibc", (2, 28), "linux-x86_64"),
        ({"getconf": "exit 1", "ldd": "printf 'musl libc (x86_64)\\nVersion 1.2.4\\n' >&2; exit 1"}, "musl", (1, 2), "linux-x86_64-musl"),
    ],
    ids=["getconf", "ldd", "musl"],
)
def test_the_c_library_is_reported(
    shell: list[str], tmp_path: Path, programs: dict[str, str], libc: str, version: tuple[int, int], platform: str
) -> None:
    path = _tools(tmp_path / "bin", uname='[ "$1" = -s ] && echo Linux || echo x86_64', **programs)
    facts = parse_probe(_probe([str(shutil.which(shell[0])), *shell[1:]], "/nowhere/r", PATH=path))
    assert (facts.libc, facts.libc_version, facts.platform) == (libc, version, platform)


def test_macos_has_no_c_library_to_ask_for(shell: list[str], tmp_path: Path) -> None:
    if shell[0] == "busybox":
        pytest.skip("busybox answers uname by itself")
    path = _tools(tmp_path / "bin", uname='[ "$1" = -s ] && echo Darwin || echo arm64', getconf="echo 64")
    facts = parse_probe(_probe([str(shutil.which(shell[0])), *shell[1:]], "/nowhere/r", PATH=path))
    assert (facts.platform, facts.libc) == ("macos-arm64", None)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a file system needs root")
@pytest.mark.parametrize("flag", ["ro", "noexec"])
def test_the_mount_is_reported_where_it_forbids_something(flag: str, shell: list[str], tmp_path: Path) -> None:
    place = tmp_path / "volume"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", str(place)], stderr=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("this machine does not allow mounting a tmpfs")
    try:
        root = place / "root"
        _bundle(root, "python-3.12.1+1-aaaaaaaaaaaa", python="printf 3.12.1")
        assert parse_probe(_probe(shell, str(root))).mounts == ()
        subprocess.run(["mount", "-o", f"remount,{flag}", str(place)], check=True)
        facts = parse_probe(_probe(shell, str(root)))
        if flag == "ro" and shell[0] == "busybox":
            # Its test takes root for one who may write anywhere; the engine says what is wrong then.
            assert (facts.mounts, facts.interpreter is not None) == ((), True)
            return
        assert [mount.point for mount in facts.mounts] == [str(place)]
        if flag == "ro":
            assert (facts.root_writable, facts.mounts[0].read_only, facts.interpreter is not None) == (False, True, True)
            with pytest.raises(HermeticError, match=f"mounted read-only, the mount at {place}"):
                refuse_read_only(facts)
        else:
            assert (facts.root_writable, facts.mounts[0].no_programs, facts.interpreter) == (True, True, None)
            assert f"remount,exec {place}" in without_programs(facts)
        assert parse_probe(_probe(shell, str(place / "not" / "there"))).mounts == facts.mounts
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_the_mount_of_macos_is_reported_as_its_program_lists_it(shell: list[str], tmp_path: Path) -> None:
    listed = f"/dev/disk1 on / (apfs, sealed, local, read-only)\n/dev/disk2 on {tmp_path} (hfs, local, noexec, nosuid)"
    path = _tools(tmp_path / "bin", mount=f"echo '{listed}'")
    script = script_text("mounts.sh").replace("/proc/self/mounts", "/nowhere") + f"\nmounted {tmp_path}"
    done = subprocess.run(
        [str(shutil.which(shell[0])), *shell[1:], "-c", script], env={"PATH": path}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{tmp_path}|hfs|local,noexec,nosuid"
