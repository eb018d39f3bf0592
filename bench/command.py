# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A command that is timed, and the timing of it."""

from __future__ import annotations

import os
import re
import resource
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """What is run; ``shows`` is a pattern without which its output is not that of the work that was to be measured."""

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    directory: Path
    stdin: Path | None = None
    shows: str | None = None


@dataclass(frozen=True)
class Cost:
    """What a command took: seconds by the clock, and seconds that processors worked for it and all that it started."""

    seconds: float
    cpu: float


class CommandFailed(Exception):
    """Raised when a command ended badly or did something else than it was to do."""


def run(command: Command) -> str:
    """Run a command and return its standard output."""
    return _run(command)[0]


def timed(command: Command) -> Cost:
    """Run a command with nothing left to be written by earlier ones, and return what it cost."""
    os.sync()
    return _run(command)[1]


def _run(command: Command) -> tuple[str, Cost]:
    stdin = os.open(command.stdin or os.devnull, os.O_RDONLY)
    try:
        worked, began = _worked(), time.perf_counter()
        ended = subprocess.run(
            command.words,
            env=dict(command.environment),
            cwd=command.directory,
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        cost = Cost(time.perf_counter() - began, _worked() - worked)
    finally:
        os.close(stdin)
    if ended.returncode != 0 or (command.shows is not None and not re.search(command.shows, ended.stdout)):
        wanted = f" and to show {command.shows!r}" if command.shows else ""
        said = "\n".join(part.strip()[-1500:] for part in (ended.stderr, ended.stdout) if part.strip())
        raise CommandFailed(
            f"{' '.join(command.words)[:300]}\nwas to end well{wanted}; it ended with {ended.returncode} and said:\n{said or 'nothing'}"
        )
    return ended.stdout, cost


def _worked() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
