# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guard of the unit tests sees whatever starts a process, reaches for the network or needs root, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
import socket
import subprocess
import threading
import urllib.request
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import purity
import pytest

TRUE = ["/bin/true"]
PROCESS = "started a process"
SOCKET = "opened a network socket"
NAME = "asked for a name of the network"
ROOT = "needs root"


def _start(method: str) -> None:
    context: Any = multiprocessing.get_context(method)
    context.Process(target=print).start()


def _pool() -> None:
    with ProcessPoolExecutor(1) as pool:
        pool.submit(print).result()


async def _asynchronous() -> None:
    await asyncio.create_subprocess_exec(*TRUE)


IMPURE: dict[str, tuple[Callable[[], Any], str]] = {
    "subprocess": (lambda: subprocess.run(TRUE, check=False), PROCESS),
    "a shell": (lambda: os.system("true"), PROCESS),
    "asyncio": (lambda: asyncio.run(_asynchronous()), PROCESS),
    "fork": (os.fork, PROCESS),
    "exec": (lambda: os.execv(TRUE[0], TRUE), PROCESS),
    "posix_spawn": (lambda: os.posix_spawn(TRUE[0], TRUE, {}), PROCESS),
    "multiprocessing, fork": (lambda: _start("fork"), PROCESS),
    "multiprocessing, spawn": (lambda: _start("spawn"), PROCESS),
    "multiprocessing, forkserver": (lambda: _start("forkserver"), PROCESS),
    "a pool": (_pool, PROCESS),
    "a socket": (socket.socket, SOCKET),
    "a socket of IPv6": (lambda: socket.socket(socket.AF_INET6), SOCKET),
    "a server": (lambda: socket.create_server(("127.0.0.1", 0)), SOCKET),
    "a name": (lambda: socket.getaddrinfo("localhost", 80), NAME),
    "a URL": (lambda: urllib.request.urlopen("http://127.0.0.1:1/"), NAME),
    "another owner": (lambda: os.chown(__file__, 12345, -1), ROOT),
    "another group": (lambda: os.lchown(__file__, -1, 12345), ROOT),
    "another identity": (lambda: os.setuid(12345), ROOT),
}


@pytest.mark.parametrize("case", IMPURE)
def test_what_is_impure_is_refused_before_it_happens(case: str) -> None:
    act, problem = IMPURE[case]
    with purity.watched() as problems, pytest.raises(purity.Impure, match=problem):
        act()
    assert problem in problems[0]


def test_threads_files_and_pairs_of_sockets_are_pure(tmp_path: Path) -> None:
    with purity.watched() as problems:
        thread = threading.Thread(target=(tmp_path / "file").write_text, args=("x",))
        thread.start()
        thread.join()
        os.chown(tmp_path / "file", os.getuid(), os.getgid())
        os.chown(tmp_path / "file", -1, -1)
        for end in socket.socketpair():
            end.close()
    assert problems == []


def test_every_test_of_this_tree_is_watched() -> None:
    assert purity.watching()


def _test(*markers: str) -> Any:
    return SimpleNamespace(get_closest_marker=lambda name: name in markers or None)


def test_a_test_fails_though_its_subject_swallows_the_refusal() -> None:
    guard = purity.guarded(_test())
    next(guard)
    with contextlib.suppress(BaseException):
        subprocess.run(TRUE, check=False)
    with pytest.raises(pytest.fail.Exception, match=r"started a process \(subprocess.Popen /bin/true\): move it to tests/integration"):
        next(guard)


def test_a_thread_is_watched_as_well() -> None:
    guard = purity.guarded(_test())
    next(guard)

    def act() -> None:
        with contextlib.suppress(purity.Impure):
            socket.socket()

    thread = threading.Thread(target=act)
    thread.start()
    thread.join()
    with pytest.raises(pytest.fail.Exception, match=SOCKET):
        next(guard)


def test_a_pure_test_passes() -> None:
    guard = purity.guarded(_test())
    next(guard)
    assert list(guard) == []


@pytest.mark.parametrize("marker", ["root", "network"])
def test_a_test_that_says_it_needs_more_fails_at_once(marker: str) -> None:
    with pytest.raises(pytest.fail.Exception, match=f"needs no {marker}"):
        next(purity.guarded(_test(marker)))


def test_nothing_is_watched_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purity, "_watchers", [])
    with purity.watched():
        assert purity.watching()
    assert not purity.watching()
    socket.socket().close()
