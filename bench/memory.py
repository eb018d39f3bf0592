# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much memory the engine takes on a host, and a fork of the controller for each host that it works on."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import documents, no_change
from .command import Command, CommandFailed, run
from .first_build import Roots
from .ingredients import Ingredients, interpreter_of
from .peaks import Peak
from .workspace import PROJECT

SIZES = (1, 5, 20)
# Megabytes, with the most environments.
AIMS = {"quick": 40, "deep": 50}
_ROUNDS = 3
_BARE = "the interpreter alone"


def why_impossible() -> str | None:
    """Return why memory cannot be measured on this machine; None where it can."""
    return None if list(Path("/proc/self/task").glob("*/children")) else "the kernel does not list the children of a process in /proc"


def measure(made: Ingredients, roots: Mapping[int, Path], *, rounds: int | None) -> Iterator[Peak]:
    """Measure a first build, verifications, and unchanged plays; a few rounds, since a peak hardly differs."""
    rounds = rounds or _ROUNDS
    builds = Roots(made, "memory")
    bare = made.command(made.temporary_python(), "-I", "-c", "pass")
    yield _peak(made, "first environment", "engine", [builds.build(number, environments=1) for number in range(rounds)], bare)
    for size in SIZES:
        root = roots[size]
        for verify in ("quick", "deep"):
            request = documents.drift_request(root, verify=verify)
            command = made.by_hand(
                interpreter_of(root), f"memory-{size}-{verify}", request, shows='"findings": \\[\\]', sent=verify == "deep"
            )
            row = f"{verify} verification, {no_change.counted(size)}"
            yield _peak(made, row, "engine", [command] * rounds, bare, aim=AIMS[verify] if size == max(SIZES) else None)
    size = max(SIZES)
    made.tell("measure the memory of the controller")
    ours, ping = no_change.system(made, roots[size], size, shows=no_change.NOTHING_DONE), no_change.ping(made, roots[size])
    pairs = [(_controller(ours), _controller(ping)) for _round in range(rounds)]
    for part, place in (("controller", 0), ("each fork of the controller", 1)):
        yield Peak(
            f"{part}, no change, {no_change.counted(size)}",
            "hermetic.python.system",
            tuple(ours[place] for ours, _ping in pairs),
            "one ping",
            tuple(ping[place] for _ours, ping in pairs),
        )


def _peak(made: Ingredients, row: str, name: str, commands: list[Command], bare: Command, *, aim: float | None = None) -> Peak:
    made.tell(f"measure the memory of: {row}")
    return Peak(
        row, name, tuple(_largest(made, each) for each in commands), _BARE, tuple(_largest(made, bare) for _each in commands), aim=aim
    )


def _largest(made: Ingredients, command: Command) -> int:
    """Return the peak of the largest process of a command, in kilobytes."""
    answer = made.space.base / "peak"
    words = (sys.executable, "-I", "-S", str(PROJECT / "bench" / "peak_memory.py"), str(answer), *command.words)
    run(Command(words, command.environment, command.directory, stdin=command.stdin, shows=command.shows))
    return int(answer.read_text())


def _controller(command: Command) -> tuple[int, int]:
    """Return the peak of ansible-playbook and the largest one of its forks, in kilobytes, by looking again and again while it runs."""
    with subprocess.Popen(command.words, env=dict(command.environment), cwd=command.directory, stdout=subprocess.DEVNULL) as process:
        program = _program(process.pid)
        own, forks = 0, 0
        while process.poll() is None:
            own = max(own, _high_water(process.pid))
            # A fork is the same program; what it starts is not.
            forks = max([forks, *(_high_water(each) for each in _children(process.pid) if _program(each) == program)])
            program = _program(process.pid) or program
            time.sleep(0.002)
    if process.returncode != 0 or not forks:
        raise CommandFailed(
            f"{' '.join(command.words)[:300]}\nended with {process.returncode}; a fork of it was {'seen' if forks else 'not seen'}"
        )
    return own, forks


def _high_water(process: int) -> int:
    try:
        with open(f"/proc/{process}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    except OSError:
        return 0


def _children(process: int) -> list[int]:
    found: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{process}/task"):
            found += map(int, Path(f"/proc/{process}/task/{thread}/children").read_text().split())
    except OSError:
        return found
    return found


def _program(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""
