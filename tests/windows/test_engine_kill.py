# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine ends on Windows in the middle of its work: at each of its steps, by taskkill /f, and with the whole host.

After each end the generation in force works, drift speaks of nothing but the interruption, and the next run converges. Set KILL_SEED to
repeat a sample, and KILL_EVERY=1 to end it before every step instead of before a sample of them.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from engine_hosts import ENGINE, WindowsRoot, equip
from kill_driver import BULK, STEPS
from roots import Archive, Declared, Document
from wheelhouse import Wheel
from windows_host import WindowsHost

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
SAMPLE = 0 if os.environ.get("KILL_EVERY") else 4
BULK_SAMPLE = 2
DRIVER = Path(__file__).resolve().parents[1] / "integration" / "kill_driver.py"
UNTOLD = ("interrupted", "pending")


@dataclass
class Stage:
    """A change of a root, which is put back to its beginning before every end."""

    root: WindowsRoot
    before: Declared | None
    after: Declared
    parts: Document = field(default_factory=dict)

    def __post_init__(self) -> None:
        host = self.root.host
        shutil.copy(DRIVER, host.path("C:\\engine\\kill_driver.py"))
        if self.before is not None:
            self.root.converge(self.before)
        self._kept = self.root.path.with_name("before")
        shutil.rmtree(self._kept, ignore_errors=True)
        if self.root.path.exists():
            subprocess.run(["cp", "-a", str(self.root.path), str(self._kept)], check=True)
        self.document = self.root.request("converge", declared=self.after, **self.parts)
        host.path("C:\\engine\\request.json").write_text(json.dumps(self.document))
        self.calls: dict[str, list[str]] = self._run({})["calls"]

    def reset(self) -> None:
        """Put the root back."""
        shutil.rmtree(self.root.path, ignore_errors=True)
        if self._kept.exists():
            subprocess.run(["cp", "-a", str(self._kept), str(self.root.path)], check=True)

    def _run(self, given: Document) -> Document:
        self.reset()
        report = self.root.host.path("C:\\engine\\report.json")
        report.unlink(missing_ok=True)
        told = {"path": ENGINE, "package": "hermetic", "request": "C:\\engine\\request.json", "report": "C:\\engine\\report.json", **given}
        self.root.host.run([self.root.bootstrap, "-I", "-X", "utf8", "C:\\engine\\kill_driver.py", json.dumps(told)])
        answer: Document = json.loads(report.read_text()) if report.exists() else {}
        return answer

    def end(self, kinds: str, at: int) -> None:
        """End the engine before a call."""
        assert self._run({"kinds": kinds, "at": at}) == {}, "the engine was not ended"

    def judge(self) -> None:
        """Hold what was left against what was promised."""
        root = self.root
        if self.before is not None:
            assert root.python("-c", "import json; print(json.dumps(1))").strip() == "1"
            for name in self.before.virtualenvs:
                assert root.python("-c", "import beta; print(beta.VERSION)", of=name).strip() in ("1.0", "2.0")
        expected = self.before or self.after
        if root.path.exists():
            found = root.answer(root.request("drift", declared=expected), python=root.bootstrap)["findings"]
            assert not [finding for finding in found if finding["cause"] not in UNTOLD], found
        told = root.answer(self.document, python=root.bootstrap)
        assert not told.get("failed"), told["msg"]
        left = root.answer(root.request("drift", declared=self.after, options={"verify": "deep"}), python=root.bootstrap)
        assert (left["findings"], left["plan"]) == ([], [])
        assert root.left_over() == []
        for name in self.after.virtualenvs:
            assert root.python("-c", "import beta; print(beta.VERSION)", of=name).strip() in ("1.0", "2.0")


@pytest.fixture(scope="module")
def root(windows_host: WindowsHost, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> WindowsRoot:
    """Return a root that is declared and not there; the engine runs from elsewhere, as at a bootstrap."""
    declared = Declared({"python": slim_windows_bundles[0]}, {"web": [wheels["alpha-1.0"], wheels["beta-1.0"]]})
    return WindowsRoot(windows_host, equip(windows_host, slim_windows_bundles[0]), declared)


@pytest.fixture(scope="module")
def later(root: WindowsRoot, slim_windows_bundles: list[Archive], wheels: dict[str, Wheel]) -> Declared:
    """Return the next state of the root: another release, another version."""
    web = [wheels["alpha-1.0"], wheels["beta-2.0"]]
    return replace(root.declared.but(web=web), bundles={"python": slim_windows_bundles[1]})


@pytest.mark.parametrize("change", ["install", "upgrade"])
def test_an_end_at_any_step_leaves_a_working_host_that_converges(change: str, root: WindowsRoot, later: Declared) -> None:
    stage = (
        Stage(root, None, root.declared) if change == "install" else Stage(root, root.declared, later, {"options": {"keep_generations": 1}})
    )
    chance = random.Random(SEED)
    steps = list(range(1, len(stage.calls[STEPS]) + 1))
    # The switch and what surrounds it are at the end, and there each step counts.
    chosen = sorted({*chance.sample(steps[:-12], min(SAMPLE, len(steps[:-12]))), *steps[-12::4]}) if SAMPLE else steps
    points = [(STEPS, at) for at in chosen]
    points += [(BULK, at) for at in sorted(chance.sample(range(1, len(stage.calls[BULK]) + 1), BULK_SAMPLE))]
    print(f"{change}: {len(points)} of {len(steps)} steps and {len(stage.calls[BULK])} other calls, seed {SEED}")
    wrong = []
    for kinds, at in points:
        try:
            stage.end(kinds, at)
            stage.judge()
        except AssertionError as error:
            wrong.append(f"{kinds} {at} ({stage.calls[kinds][at - 1]}): {error}")
    assert not wrong, f"{len(wrong)} of {len(points)} went wrong:\n" + "\n".join(wrong)


def _taskkill(root: WindowsRoot, process: subprocess.Popen[bytes]) -> None:
    """End every Python by its name, as an administrator does who has lost patience."""
    del process
    root.host.run(["taskkill", "/f", "/im", "python.exe"])


def _power_failure(root: WindowsRoot, process: subprocess.Popen[bytes]) -> None:
    del process
    root.host.kill()


@pytest.mark.parametrize("end", [_taskkill, _power_failure], ids=["taskkill /f", "the whole host"])
def test_an_end_from_outside_at_a_random_moment_is_no_different(
    end: Callable[[WindowsRoot, subprocess.Popen[bytes]], None], root: WindowsRoot, later: Declared
) -> None:
    stage = Stage(root, root.declared, later)
    begin = time.monotonic()
    stage.reset()
    root.answer(stage.document, python=root.bootstrap)
    length = time.monotonic() - begin
    chance = random.Random(SEED)
    ended = 0
    for moment in (chance.uniform(0.15, 0.9) * length for _time in range(3)):
        stage.reset()
        process = root.start(stage.document, python=root.bootstrap)
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            end(root, process)
            ended += 1
        process.communicate(timeout=60)
        print(f"ended after {moment:.2f} of {length:.2f} s, seed {SEED}")
        stage.judge()
    assert ended, "no run was ended in the middle"
