# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program with a limit of time, after which it ends with all that it has started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...module_utils.hermetic.process.in_use import parents

_GRACE = 30.0
"""Seconds that a program has to end by itself, after it was asked to."""
_KEPT = 64 << 10
# As the timers set it: with that of a login, others might write what is checked out, or could not read what is installed.
_UMASK = 0o022


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    status: int
    output: str
    """The last part of what it printed."""
    in_time: bool


def run_limited(arguments: Sequence[str], *, variables: Mapping[str, str], directory: Path, seconds: float, grace: float = _GRACE) -> Ended:
    """Run a program, pass on what it prints, and end it with its descendants when the time is over."""
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(
            list(arguments), env=dict(variables), cwd=directory, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT,
            start_new_session=True, umask=_UMASK,
        )  # fmt: skip
        shown = _Follower(printed.fileno())
        until = time.monotonic() + seconds
        try:
            while process.poll() is None and time.monotonic() < until:
                shown.pass_on()
                time.sleep(0.1)
            in_time = process.poll() is not None
        finally:
            if process.poll() is None:
                _end(process, grace)
        shown.pass_on()
        return Ended(process.returncode, shown.kept(), in_time)


class _Follower:
    """Passes on what grows in a file, and keeps its end."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor, self._at = descriptor, 0
        self._last: deque[bytes] = deque()
        self._size = 0

    def pass_on(self) -> None:
        while block := os.pread(self._descriptor, 1 << 16, self._at):
            self._at += len(block)
            sys.stdout.buffer.write(block)
            self._last.append(block)
            self._size += len(block)
            while self._size - len(self._last[0]) > _KEPT:
                self._size -= len(self._last.popleft())
        sys.stdout.buffer.flush()

    def kept(self) -> str:
        return b"".join(self._last)[-_KEPT:].decode("utf-8", "replace")


def _end(process: subprocess.Popen[bytes], grace: float) -> None:
    """End a process and its descendants, some of which lead sessions of their own, as the workers of Ansible do."""
    group = _descendants(process.pid)
    _signal(group, signal.SIGTERM)
    until = time.monotonic() + grace
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    # Asked again, since those that started meanwhile are not in the first answer; what is left of the first has other parents by now.
    _signal(_alive(group) | _descendants(process.pid), signal.SIGKILL)
    process.wait()


def _descendants(root: int) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in parents().items():
        children.setdefault(parent, []).append(pid)
    found, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _alive(pids: set[int]) -> set[int]:
    return pids & set(parents())


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue
