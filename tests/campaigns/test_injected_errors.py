# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""System calls that fail: strace makes one call of a run end with an error. INJECTIONS (420 in all) says how often.

The run ends as converged, or as failed in words that name what happened; never with a traceback of ours. Afterwards all holds that holds
after a kill.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from killing import Scenario, Stage
from roots import Engine

INJECTIONS = int(os.environ.get("INJECTIONS", "420"))
NAMES = ("install", "upgrade", "repair", "prune")
# Each call with the errors that it may end with on a machine that is not well.
FAILURES = {
    "write": ("ENOSPC", "EIO", "EDQUOT"),
    "fsync": ("EIO", "ENOSPC"),
    "syncfs": ("EIO",),
    "rename": ("ENOSPC", "EIO", "EACCES"),
    "renameat2": ("EINVAL", "EIO"),
    "mkdir": ("ENOSPC", "EACCES", "EMLINK"),
    "symlink": ("ENOSPC", "EPERM"),
    "link": ("EMLINK", "EPERM", "ENOSPC", "EXDEV"),
    "unlink": ("EIO", "EBUSY"),
    "unlinkat": ("EPERM", "EBUSY", "EIO"),
    "rmdir": ("EBUSY", "EIO"),
    "fchmod": ("EPERM", "EROFS"),
    "utimensat": ("EPERM",),
    "openat": ("EMFILE", "EACCES", "EIO", "ENOSPC"),
    "clone3": ("EAGAIN", "ENOMEM"),
    "vfork": ("EAGAIN",),
    "flock": ("ENOLCK", "EINTR"),
    "getdents64": ("EIO",),
    "lstat": ("EIO", "EACCES"),
}
# Until the engine has its request, it is Python that starts: what fails there is not ours to explain.
STARTED = "hermetic/commands/dispatch.py"

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="strace is missing")


class Injected(Stage):
    """A stage on which the engine runs as on a host, under strace."""

    def __init__(self, place: Path, scenario: Scenario, engine: Engine) -> None:
        super().__init__(place, scenario)
        self._engine = engine

    def run_with(self, call: str, error: str, at: int) -> subprocess.CompletedProcess[str]:
        """Make the change, and let one call of it fail."""
        self.put_back()
        traced = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={at}"]
        command = [*traced, str(self._engine.bootstrap), "-I", str(self._engine.archive)]
        return subprocess.run(
            command, input=json.dumps(self.scenario.request(self.root)), capture_output=True, text=True, timeout=300, check=False
        )

    def calls_of(self, call: str) -> int:
        """Return how many calls of a kind the process with the most of them makes."""
        self.put_back()
        with tempfile.TemporaryDirectory() as place:
            command = ["strace", "-ff", "-qq", "-o", f"{place}/t", "-e", f"trace={call}", str(self._engine.bootstrap), "-I"]
            done = subprocess.run(
                [*command, str(self._engine.archive)], input=json.dumps(self.scenario.request(self.root)), capture_output=True, text=True
            )
            assert done.returncode in (0, 2), done.stderr
            return max((file.read_bytes().count(b"\n") for file in Path(place).iterdir()), default=0)


def problem_of(done: subprocess.CompletedProcess[str]) -> str | None:
    """Return what is wrong with how a run ended."""
    try:
        result = json.loads(done.stdout)
    except ValueError:
        frames = re.findall(r'File "([^"]+)", line \d+, in (\S+)', done.stderr)
        ours = [name for name, _function in frames if "engine.zip" in name]
        importing = (
            any("importlib" in name for name, _function in frames) or "ImportError" in done.stderr or "ModuleNotFound" in done.stderr
        )
        if ours and not importing:
            return f"a traceback: {done.stderr[-1500:]}"
        return None
    if done.returncode == 1 and not (result.get("failed") and result.get("msg")):
        return f"exit 1 without words: {done.stdout[-500:]}"
    return None


@pytest.mark.parametrize("name", NAMES)
def test_injected_errors(
    name: str, kill_scenarios: dict[str, Scenario], kill_place: Path, engine: Engine, seed: int, figure: Callable[..., None]
) -> None:
    stage = Injected(Path(tempfile.mkdtemp(dir=kill_place)) / "0", kill_scenarios[name], engine)
    chance = random.Random(seed)
    counts = {call: stage.calls_of(call) for call in FAILURES}
    # What a scenario does not call cannot fail in it.
    pairs = [(call, error) for call, errors in FAILURES.items() for error in errors if counts[call]]
    wanted = max(1, INJECTIONS // len(NAMES))
    wrong: list[str] = []
    failed = 0
    for number in range(wanted):
        call, error = pairs[number % len(pairs)]
        at = chance.randint(1, counts[call])
        ended = stage.run_with(call, error, at)
        failed += ended.returncode not in (0, 2)
        found = problem_of(ended)
        if found is None:
            try:
                stage.judge()
            except AssertionError as reason:
                found = str(reason)
        if found is not None:
            wrong.append(f"{call} {error} at {at} of {counts[call]}: {found}")
            print(wrong[-1], flush=True)
    figure("injected errors", scenario=name, injected=wanted, runs_that_failed=failed, wrong=len(wrong), python=sys.version.split()[0])
    assert not wrong, "\n".join(wrong)
