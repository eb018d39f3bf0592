# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alterations that no look at a root finds, and why; the table in docs/SECURITY.md lists them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from tampering import Tampered

Undo = Callable[[], object]
ROOT_ONLY = (pytest.mark.root,)


@dataclass(frozen=True)
class Unnoticed:
    """What is done (and taken back by what ``do`` returns), and why it is not found; nothing where a test cannot do it to its machine."""

    what: str
    why: str
    do: Callable[[Tampered], Undo] | None = None
    marks: tuple[pytest.MarkDecorator, ...] = ()


def changed_and_changed_back(root: Tampered) -> Undo:
    path = root.at("{two}/{site}/gamma/inner.py")
    status, content = path.stat(), path.read_bytes()
    path.write_bytes(b"import os  # evil\n")
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    return lambda: None


def imported_and_removed(root: Tampered) -> Undo:
    planted = root.at("{one}/{site}/evil.py")
    planted.write_text("LOADED = True\n")
    program = [
        str(root.environment("one") / "bin/python"),
        "-B",
        "-c",
        "import evil, sys; print(evil.LOADED, flush=True); sys.stdin.read()",
    ]
    running = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.readline() == "True\n"
    planted.unlink()
    return lambda: running.communicate("")


def kept_open(root: Tampered) -> Undo:
    return root.at("{one}/bin/alpha").open("r+b").close


def linked_from_outside(root: Tampered) -> Undo:
    outside = root.path.parent / "one more name"
    os.link(root.at("{two}/{site}/gamma/inner.py"), outside)
    return outside.unlink


def mounted_on(root: Tampered) -> Undo:
    point, copy = root.at("{two}/{site}/gamma"), root.path.parent / "copy of gamma"
    shutil.copytree(point, copy)
    done = subprocess.run(["mount", "--bind", str(copy), str(point)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(copy)
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")

    def undo() -> None:
        subprocess.run(["umount", str(point)], check=True)
        shutil.rmtree(copy)

    return undo


def in_an_older_generation(root: Tampered) -> Undo:
    older = next(path for path in (root.path / "environments").glob("one-*") if path != root.environment("one"))
    planted = older / root.remembered / "evil.pth"
    planted.write_text("import os\n")
    return planted.unlink


def times_that_say_nothing(root: Tampered) -> Undo:
    path = root.at("{one}/bin/alpha")
    os.utime(path, ns=(0, path.stat().st_mtime_ns))
    os.utime(root.at("{one}/{site}"))
    os.utime(root.at("{one}/bin/python"), follow_symlinks=False)
    return lambda: None


def users_attribute(root: Tampered) -> Undo:
    path = root.at("{one}/bin/alpha")
    try:
        os.setxattr(path, "user.note", b"text")
    except OSError as error:
        pytest.skip(f"this file system has no attributes of users: {error.strerror}")
    return lambda: os.removexattr(path, "user.note")


def record_of_the_switch_removed(root: Tampered) -> Undo:
    record = root.at("state/current.json")
    aside = root.path.parent / "current.json"
    record.rename(aside)
    return lambda: aside.rename(record)


def lock_replaced(root: Tampered) -> Undo:
    lock = root.at("state/lock")
    lock.unlink()
    lock.touch(0o644)
    lock.chmod(0o644)
    return lambda: None


def beside_the_root(*places: str, text: str) -> Callable[[Tampered], Undo]:
    """Plant files beside the root; {short} is the Python's X.Y and {zip} its XY."""

    def do(root: Tampered) -> Undo:
        first = set()
        for place in places:
            path = root.path.parent / place.format(short=root.names["short"], zip=root.names["tag"])
            first.add(root.path.parent / Path(place).parts[0])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

        def undo() -> None:
            for path in first:
                if path.is_dir():
                    shutil.rmtree(path)
                else:
                    path.unlink()

        return undo

    return do


UNNOTICED = [
    Unnoticed("file changed and changed back, with its time", "what ran meanwhile has run", changed_and_changed_back),
    Unnoticed(
        "module added, imported by a program that goes on running, and removed",
        "a program runs what it has loaded: restart services after a repair", imported_and_removed,
    ),
    Unnoticed("somebody keeps a file open for writing", "who has it open is no property of a file; what is written is found", kept_open),
    Unnoticed("further name (hard link) of a file, outside of the root", "gives no further right; a write to it is found", linked_from_outside),
    Unnoticed(
        "equal directory mounted on one of a tree", "what is read there is what was installed; other content is found",
        mounted_on, ROOT_ONLY,
    ),
    Unnoticed(
        "module added to an environment of an older generation", "not read until it is used again or activated, and verified then",
        in_an_older_generation,
    ),
    Unnoticed("access time of a file, modification time of a directory or link", "normal use changes them; none is trusted", times_that_say_nothing),
    Unnoticed("attribute `user.*` of a file", "changes nobody's rights", users_attribute),
    Unnoticed("`state/current.json` removed", "roots of earlier releases have none, and `current` decides", record_of_the_switch_removed),
    Unnoticed("lock replaced by an empty file", "it holds nothing (a run that is under way loses its hold)", lock_replaced),
    Unnoticed(
        "`lib/pythonXY.zip` and `pyvenv.cfg` above the root", "without effect ([why](#whose-files-a-bundles-python-reads)); outside of the root",
        beside_the_root("lib/python{zip}.zip", "pyvenv.cfg", text="home = /tmp\n"),
    ),
    Unnoticed("program `python3` in another directory of `PATH`", "outside of the root; use absolute paths, or `foreign_pythons` of `drift`",
        beside_the_root("path/python3", text="#!/bin/sh\n")),
    Unnoticed(
        "package in a VirtualEnv that a user made on our Python", "outside of the root; it is that user's",
        beside_the_root("venv/lib/python{short}/site-packages/evil.py", text="import os\n"),
    ),
    Unnoticed("`/etc/ld.so.preload`, the C library, the dynamic loader replaced", "every program of the host runs it, what looks included"),
    Unnoticed("kernel, `sh`, `sha256sum` or ssh server replaced", "they answer for the host; nothing that runs on it can vouch for them"),
    Unnoticed("memory of a running program changed (debugger, `/proc/PID/mem`)", "files are verified, processes are not"),
    Unnoticed("`LD_PRELOAD` or `SSL_CERT_FILE` in another user's session or service", "outside of the root, and theirs"),
    Unnoticed("file exchanged while it is read, or between check and start, by root", "no file is locked against root"),
    Unnoticed("host that lied when it was the first to install a tree", "believed; the next honest host brings a warning of a conflict"),
]  # fmt: skip
