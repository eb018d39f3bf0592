# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a program to its end and keeps what it wrote.

Its streams are files without a name, not pipes: what it leaves running in the background holds them as long as it likes, and nobody waits.
"""

from __future__ import annotations

import contextlib
import datetime
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from ..os_errors import explain


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it wrote."""

    code: int
    """The exit code; below zero, the signal that ended it."""
    stdout: str
    stderr: str
    begin: datetime.datetime
    end: datetime.datetime

    @property
    def how(self) -> str:
        """How it ended, in words."""
        return how_ended(self.code)


def how_ended(code: int) -> str:
    """Return in words how a program ended; below zero, the code is a signal."""
    if code >= 0:
        return f"ended with exit code {code}"
    with contextlib.suppress(ValueError):
        return f"was ended by signal {-code} ({signal.Signals(-code).name})"
    return f"was ended by signal {-code}"


def run_program(
    command: Sequence[str], *, environment: Mapping[str, str], directory: Path | None = None, stdin: bytes | None = None, umask: int = -1
) -> Ended:
    """Run a program and wait for it; raises HermeticError where it cannot be started.

    Arguments are bytes of UTF-8, whatever the locale of the host is.
    """
    words = [as_bytes(word) for word in command]
    variables: dict[Any, str | bytes] = {as_bytes(name): as_bytes(value) for name, value in environment.items()}
    try:
        with contextlib.ExitStack() as stack:
            given: IO[bytes] | int = subprocess.DEVNULL
            if stdin is not None:
                given = stack.enter_context(tempfile.TemporaryFile())
                given.write(stdin)
                given.seek(0)
            output, errors = (stack.enter_context(tempfile.TemporaryFile()) for _stream in range(2))
            begin = datetime.datetime.now()  # noqa: DTZ005 - as the module command shows it
            process = subprocess.Popen(
                words,
                stdin=given,
                stdout=output,
                stderr=errors,
                cwd=directory,
                env=variables,
                umask=umask,
            )
            code = process.wait()
            end = datetime.datetime.now()  # noqa: DTZ005
            return Ended(code, _text(output), _text(errors), begin, end)
    except OSError as error:
        raise explain(error, str(error.filename or command[0])) from error


def _text(stream: IO[bytes]) -> str:
    stream.seek(0)
    return stream.read().decode("utf-8", "backslashreplace")


def as_bytes(text: str) -> str | bytes:
    """Return a text as a program is given it: on POSIX bytes of UTF-8, whatever the locale is."""
    return text if sys.platform == "win32" else text.encode("utf-8", "surrogateescape")
