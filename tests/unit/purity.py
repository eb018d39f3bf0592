# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep unit tests pure: what opens a network socket, starts a process or needs root fails, and belongs in tests/integration.

Python announces these calls to audit hooks, which cannot be removed: one is installed at first use and sleeps where nothing is watched.
"""

from __future__ import annotations

import _posixsubprocess
import importlib
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

IDENTITY = (os.getuid(), os.getgid())
UNCHANGED = (-1, 2**32 - 1)
PROCESSES = {
    "subprocess.Popen",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.system",
}
NETWORK = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.getnameinfo"}
FAMILIES = {socket.AF_INET, socket.AF_INET6}
ONLY_ROOT = ("chroot", "setegid", "seteuid", "setgid", "setgroups", "setregid", "setresgid", "setresuid", "setreuid", "setuid", "unshare")

_watchers: list[list[str]] = []
_installed = False


class Impure(BaseException):
    """A test did what a unit test must not; no ``except Exception`` of the code under test takes it for an error of its own."""


def violation(event: str, arguments: tuple[Any, ...]) -> str | None:
    """Return what is wrong with an audited call, if anything is."""
    if event in PROCESSES:
        return f"started a process ({event} {arguments[0] if arguments else ''})".replace(" )", ")")
    if event in NETWORK:
        return f"asked for a name of the network ({event} {arguments[0]})"
    if event == "socket.__new__" and arguments[1] in FAMILIES:
        return "opened a network socket"
    if event == "os.chown" and any(number not in (*UNCHANGED, own) for number, own in zip(arguments[1:3], IDENTITY, strict=True)):
        return f"gave {arguments[0]} to another user or group, which needs root"
    return None


def _report(problem: str) -> None:
    _watchers[-1].append(problem)
    raise Impure(problem)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watchers:
        problem = violation(event, arguments)
        if problem is not None:
            _report(problem)


def _watched_call(name: str, real: Callable[..., Any], problem: str) -> Callable[..., Any]:
    def call(*arguments: Any, **more: Any) -> Any:
        if _watchers:
            _report(f"{problem} ({name})")
        return real(*arguments, **more)

    return call


def _install() -> None:
    """Install the hook, and watch the calls that Python does not announce."""
    global _installed
    if _installed:
        return
    _installed = True
    # When it is imported, it asks ldconfig for the C library, which is no doing of the test that comes first.
    importlib.import_module("ansible.utils.display")
    # multiprocessing starts its children by this call, and takes it from the module each time.
    _posixsubprocess.fork_exec = _watched_call("multiprocessing", _posixsubprocess.fork_exec, "started a process")
    for name in ONLY_ROOT:
        if hasattr(os, name):
            setattr(os, name, _watched_call(f"os.{name}", getattr(os, name), "became somebody else, which needs root"))
    sys.addaudithook(_hook)


@contextmanager
def watched() -> Iterator[list[str]]:
    """Refuse what is impure, and collect it, also where the code under test swallowed the refusal."""
    _install()
    problems: list[str] = []
    _watchers.append(problems)
    try:
        yield problems
    finally:
        _watchers.remove(problems)


def watching() -> bool:
    """Return whether anything is watched now."""
    return bool(_watchers)


def guarded(node: pytest.Item) -> Iterator[None]:
    """Watch one test; it fails afterwards for what it did, and before for what it says that it needs."""
    needed = [marker for marker in ("root", "network") if node.get_closest_marker(marker)]
    if needed:
        pytest.fail(f"a unit test needs no {needed[0]}: move it to tests/integration", pytrace=False)
    with watched() as problems:
        yield
    if problems:
        pytest.fail(f"a unit test is pure, and this one {'; '.join(dict.fromkeys(problems))}: move it to tests/integration", pytrace=False)
