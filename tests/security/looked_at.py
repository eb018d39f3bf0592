# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every path that a process asks the kernel for, by strace, and which of them are the system's own."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

# What a program of the C library asks for, whoever wrote it; all of it belongs to root on every system.
OF_THE_SYSTEM = re.compile(
    r"/etc/ld\.so\.(cache|preload)|/etc/ld-musl-.*\.path"
    r"|/(usr/)?lib(64)?/([^/]+-linux-[^/]+/)?(ld-[^/]+|(libc|libm|libdl|libpthread|librt|libutil|libresolv)[.-][^/]*)"
    r"|/usr/lib/locale(/.*)?|/usr/share/locale/locale\.alias|/usr/lib(64)?/([^/]+/)?gconv/gconv-modules(\.cache|\.d.*)?"
    # The time zone; configuration and authorities of the OpenSSL that the bundle was made from (docs/SECURITY.md).
    r"|/etc/localtime|/usr/share/zoneinfo(/.*)?|/usr/lib/ssl(/(openssl\.cnf|cert\.pem|certs))?|/etc/ssl/openssl\.cnf"
    r"|/proc/self/(exe|status|maps|stat)|/proc/(sys/vm/overcommit_memory|mounts|filesystems)|/dev/(null|urandom|random)|/sys/fs/selinux|/selinux"
)
_WAY = ("readlink", "readlinkat", "stat", "lstat", "newfstatat", "fstatat64", "statx", "access", "faccessat", "faccessat2")
_CALL = re.compile(r"^(?:\[pid +\d+\] |\d+ +)?(\w+)\((.*)$")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)(?:<([^>]*)>)?, )?"((?:[^"\\]|\\.)*)"')
_TWO_PATHS = ("rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat")


@dataclass(frozen=True)
class Asked:
    """One path that was asked for, by which call."""

    call: str
    path: str


def require_strace() -> None:
    """Skip with the reason where strace is not installed or may not trace."""
    try:
        done = subprocess.run(["strace", "-qq", "-o", os.devnull, "/bin/true"], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("strace is not installed; make test-tools installs it as root on Debian")
    if done.returncode != 0:
        pytest.skip(f"strace may not trace here: {done.stderr.strip()}")


def asked_for(command: Sequence[str], *, cwd: Path, environment: dict[str, str], log: Path) -> list[Asked]:
    """Run a program that must succeed, and return every path that it and its children asked for."""
    tracer = ["strace", "-f", "-qq", "-y", "-s", "4096", "-e", "trace=%file", "-o", str(log)]
    done = subprocess.run([*tracer, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return [asked for line in log.read_text().splitlines() for asked in _parse(line, cwd=str(cwd))]


def _parse(line: str, *, cwd: str) -> list[Asked]:
    match = _CALL.match(line)
    if match is None:
        return []
    paths = _PATH.findall(match[2])
    paths = paths[: 2 if match[1] in _TWO_PATHS else 1]
    # An empty path asks about the file that is open already.
    return [Asked(match[1], os.path.normpath(os.path.join(at or cwd, path))) for at, path in paths if path]


def outside(asked: Sequence[Asked], *, trees: Sequence[Path]) -> set[str]:
    """Return what is neither in the trees, nor the way to them, nor the system's."""
    found = set()
    inside = tuple(f"{tree}/" for tree in trees)
    way = {str(parent) for tree in trees for parent in (tree, *tree.parents)}
    for each in asked:
        if f"{each.path}/".startswith(inside) or OF_THE_SYSTEM.fullmatch(each.path):
            continue
        if each.path in way and each.call in _WAY:
            continue
        found.add(f"{each.call} {each.path}")
    return found
