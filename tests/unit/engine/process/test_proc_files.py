# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes as /proc of Linux shows them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.proc_files import seen_below
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.process.seen_process import SeenProcess

pytestmark = pytest.mark.skipif(os.name != "posix", reason="links as on Linux")

ROOT = "/nowhere/root"
PROGRAM = f"{ROOT}/bundles/python/libexec/python3.12"
# The name of a program may look like the rest of the line.
STAT = "7 (a) b) S 1 7 7 0 -1 4194560 100 0 0 0 1 2 3 4 20 0 1 0 {ticks} 1000 10\n"


class Proc:
    """A directory that looks like /proc."""

    def __init__(self, base: Path) -> None:
        self.base = base
        (base / "self" / "ns").mkdir(parents=True)
        (base / "self" / "ns" / "mnt").symlink_to("mnt:[1]")
        (base / "stat").write_text("cpu 1 2\nbtime 1700000000\n")

    def process(self, pid: int, exe: str | None, *arguments: str, maps: str = "", namespace: str = "mnt:[1]", user: int = 0) -> Path:
        """Make a process, or a thread of the kernel, which has no program."""
        base = self.base / str(pid)
        (base / "ns").mkdir(parents=True)
        (base / "ns" / "mnt").symlink_to(namespace)
        if exe is not None:
            (base / "exe").symlink_to(exe)
        (base / "cwd").symlink_to("/nowhere")
        (base / "cmdline").write_bytes(b"".join(os.fsencode(each) + b"\0" for each in arguments))
        (base / "maps").write_bytes(os.fsencode(maps))
        (base / "status").write_text(f"Name:\tx\nUid:\t5\t{user}\t5\t5\n")
        (base / "stat").write_text(STAT.format(ticks=100 * os.sysconf("SC_CLK_TCK")))
        return base

    def seen(self) -> tuple[list[SeenProcess], int]:
        """Return what is found, and how many are not known."""
        found = seen_below([ROOT], proc=self.base)
        return list(found.found), found.unknown


@pytest.fixture
def proc(tmp_path: Path) -> Proc:
    return Proc(tmp_path / "proc")


def mapped(path: str, mode: str = "r-xp") -> str:
    return f"7f00-7f01 {mode} 00000000 08:01 42                         {path}\n"


def test_a_program_and_what_it_was_started_as_are_paths_of_the_process(proc: Proc) -> None:
    named = f"{ROOT}/environments/web/bin/python"
    proc.process(9, PROGRAM, named, "app.py", "--token", "secret")
    proc.process(1, "/sbin/init", "/sbin/init")
    proc.process(2, None)
    (found,), unknown = proc.seen()
    assert (found, unknown) == (SeenProcess(9, "root", "2023-11-14T22:15:00Z", f"{named} app.py", (PROGRAM, named)), 0)


@pytest.mark.parametrize(
    ("maps", "paths"),
    [
        (mapped(f"{ROOT}/environments/web/a.so"), [f"{ROOT}/environments/web/a.so"]),
        (mapped(f"{ROOT}/environments/web/with space.so (deleted)"), [f"{ROOT}/environments/web/with space.so (deleted)"]),
        # Data that is mapped does not run, and another directory is none of this root.
        (mapped(f"{ROOT}/environments/web/data", "r--p"), []),
        (mapped(f"{ROOT}er/environments/web/a.so"), []),
        (mapped(f"/copy{ROOT}/environments/web/a.so"), []),
        ("7f00-7f01 r-xp 00000000 00:00 0 \ngarbage\n\n", []),
        (mapped(f"{ROOT}/environments/\udcff/a.so"), [f"{ROOT}/environments/\udcff/a.so"]),
    ],
)
def test_only_what_is_executed_counts(proc: Proc, maps: str, paths: list[str]) -> None:
    proc.process(9, "/usr/sbin/httpd", "/usr/sbin/httpd", maps=maps)
    found, _unknown = proc.seen()
    assert [path for each in found for path in each.paths] == paths


def test_a_name_alone_is_no_proof(proc: Proc) -> None:
    proc.process(9, "/usr/bin/python3", f"{ROOT}/environments/web/bin/python")
    assert proc.seen() == ([], 0)


def test_other_mounts_at_the_path_of_the_root_are_not_this_root(proc: Proc) -> None:
    proc.process(9, PROGRAM, PROGRAM, namespace="mnt:[2]")
    assert proc.seen() == ([], 0)


def test_what_may_not_be_read_is_counted(proc: Proc, monkeypatch: pytest.MonkeyPatch) -> None:
    proc.process(2, None)
    proc.process(8, PROGRAM, PROGRAM)
    proc.process(9, PROGRAM, PROGRAM)
    real = os.readlink

    def readlink(path: Path) -> str:
        if str(path).endswith(("/2/exe", "/9/exe")):
            raise PermissionError
        return real(path)

    monkeypatch.setattr(os, "readlink", readlink)
    found, unknown = proc.seen()
    # The first one is a thread of the kernel.
    assert ([each.pid for each in found], unknown) == ([8], 1)


@pytest.mark.parametrize(
    ("options", "hidden"), [("rw,hidepid=2", True), ("rw,hidepid=invisible,gid=4", True), ("rw", False), ("rw,hidepid=1", False)]
)
def test_hidden_processes_are_said_to_be_hidden(proc: Proc, monkeypatch: pytest.MonkeyPatch, options: str, hidden: bool) -> None:
    (proc.base / "self" / "mountinfo").write_text(
        f"1 2 8:1 / / rw - ext4 /dev/x rw\n3 1 0:5 / {proc.base} rw,nosuid shared:1 - proc proc {options}\n"
    )
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert seen_below([ROOT], proc=proc.base).hides_others is hidden
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert seen_below([ROOT], proc=proc.base).hides_others is False


def test_a_process_that_ended_meanwhile_is_none(proc: Proc) -> None:
    (proc.process(9, PROGRAM, PROGRAM) / "maps").unlink()
    assert proc.seen() == ([], 0)
