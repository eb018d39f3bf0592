# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program of others within bounds: of time, of what is kept of its output, and of what it may do; nothing of it goes on afterwards."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..paths import WINDOWS
from ..windows.job import Job
from .account import Account, without_keys_of_session
from .program_run import as_bytes, how_ended

_PORTION = 1 << 16
# What left the process group and holds the output is not waited for.
_PATIENCE = 2


@dataclass(frozen=True)
class BoundedEnd:
    """How a program ended, and the last of what it wrote."""

    code: int | None
    """The exit code; below zero, the signal that ended it; None where it was killed at the time limit."""
    output: bytes
    truncated: bool
    """Whether it wrote more than that."""
    seconds: float

    @property
    def how(self) -> str:
        """How it ended, in words."""
        return (
            how_ended(self.code)
            if self.code is not None
            else f"did not end within the time limit and was killed after {self.seconds:.0f} s"
        )


def run_bounded(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    timeout: float,
    kept: int,
    account: Account | None,
) -> BoundedEnd:
    """Run a program, as another user where one is given, with no input and exactly these variables; raises OSError where it does not start.

    Standard output and error are one stream, of which the last ``kept`` bytes are returned. All processes of its group end with it.
    """
    words = [as_bytes(word) for word in command]
    variables: dict[Any, str | bytes] = {as_bytes(name): as_bytes(value) for name, value in environment.items()}

    def begun() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=directory,
            env=variables,
            **_separation(account),
        )

    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        process = begun() if account is None else without_keys_of_session(begun)
        if process.stdout is None:
            raise AssertionError("the output is a pipe")
        job = Job.of(process) if WINDOWS else None
        if job is not None:
            stack.callback(job.close)
        tail = _Tail(process.stdout, kept)
        code: int | None = None
        try:
            tail.start()
            code = _ended(process, timeout)
        finally:
            _kill_all(process, job)
            tail.end()
    return BoundedEnd(code, tail.content, tail.truncated, time.monotonic() - begin)


def _separation(account: Account | None) -> dict[str, Any]:
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    settings: dict[str, Any] = {"start_new_session": True, "umask": 0o022}
    if account is not None:
        settings |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return settings


def _ended(process: subprocess.Popen[bytes], timeout: float) -> int | None:
    """Wait, and return the exit code; None at the time limit. The process is not reaped: its number stays its own until its group is killed."""
    if not hasattr(os, "waitid"):
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None
    end, pause = time.monotonic() + timeout, 0.001
    while True:
        found = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        left = end - time.monotonic()
        if left <= 0:
            return None
        time.sleep(min(pause, left))
        pause = min(pause * 2, 0.05)


def _kill_all(process: subprocess.Popen[bytes], job: Job | None) -> None:
    if job is not None:
        job.end_all()
    elif not WINDOWS:
        # Those that have ended are no obstacle, nor is a group of which nobody is left.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    if process.poll() is None:
        process.kill()
    process.wait()


class _Tail:
    """Reads a stream to its end, and keeps the last of it."""

    def __init__(self, stream: IO[bytes], kept: int) -> None:
        self._stream, self._kept = stream, kept
        self._content = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._begun = self._given_up = False
        self._total = 0

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()
        self._begun = True

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while portion := os.read(self._stream.fileno(), _PORTION):
                self._total += len(portion)
                self._content += portion
                del self._content[: max(0, len(self._content) - self._kept)]
                if self._given_up:
                    # Whoever goes on to write has nobody that reads.
                    self._stream.close()
                    return

    def end(self) -> None:
        """Wait for the end of the stream, but not for those who keep it open for no reason of ours."""
        if self._begun:
            self._thread.join(_PATIENCE)
        self._given_up = True
        if not self._thread.is_alive():
            self._stream.close()

    @property
    def content(self) -> bytes:
        """The last of what was read."""
        # Of a stream that was given up, one portion more may be there for a moment.
        return bytes(self._content[-self._kept :])

    @property
    def truncated(self) -> bool:
        """Whether there was more."""
        return self._total > self._kept
