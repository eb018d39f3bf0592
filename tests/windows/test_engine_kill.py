# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine ends on Windows in the middle of its work: at each of its steps, by taskkill /f, and with the whole host.

After each end the generation in force works, drift speaks of nothing but the interruption, and the next run converges. One moment is
excepted: that in which a link changes places, for which Windows needs two renames. Set KILL_SEED to repeat a sample, and KILL_EVERY=1 to
end it before every step instead of before a sample of them, which takes hours.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs.junction_fallback import MARK as FALLBACK_MARK
from engine_hosts import ENGINE, WindowsRoot, equip
from kill_driver import BULK, STEPS
from roots import Archive, Declared, Document
from wheelhouse import Wheel
from windows_host import WindowsHost

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
EVERY = bool(os.environ.get("KILL_EVERY"))
# How many of a kind are chosen: of the steps that switch, of all other steps, of the calls that fill and empty trees, of moments.
SWITCH_SAMPLE, STEP_SAMPLE, BULK_SAMPLE, MOMENTS = 2, 1, 1, 2
ATTEMPTS = 8
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
        self._kept = self.root.path.with_name("before" if self.before else "nothing")
        shutil.rmtree(self._kept, ignore_errors=True)
        if self.root.path.exists():
            subprocess.run(["cp", "-a", str(self.root.path), str(self._kept)], check=True)
        self.document = self.root.request("converge", declared=self.after, **self.parts)
        host.path("C:\\engine\\request.json").write_text(json.dumps(self.document))
        begin = time.monotonic()
        self.calls: dict[str, list[str]] = self._run({})["calls"]
        self.seconds = time.monotonic() - begin

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

    def _is_changing_places(self, name: str) -> bool:
        """Tell whether the end came between the two renames that Windows needs: the old fallback directory lies beside, and is whole still."""
        beside = self.root.path.glob(f".old-{name}-*")
        return not (self.root.path / name).exists() and any((old / FALLBACK_MARK).exists() for old in beside)

    def judge(self) -> None:
        """Hold what was left against what was promised."""
        root = self.root
        if self.before is not None:
            if not self._is_changing_places("bin"):
                assert root.python("-c", "import json; print(json.dumps(1))").strip() == "1"
            for name in self.before.virtualenvs:
                if not self._is_changing_places("envs"):
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
        assert root.python("-c", "import json; print(json.dumps(1))").strip() == "1"
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


@pytest.fixture(scope="module")
def install(root: WindowsRoot) -> Stage:
    """Return the change from nothing to the declared state."""
    return Stage(root, None, root.declared)


@pytest.fixture(scope="module")
def upgrade(install: Stage, later: Declared) -> Stage:
    """Return the change to the next state, which prunes the one before."""
    return Stage(install.root, install.after, later, {"options": {"keep_generations": 1}})


def switching(steps: list[str]) -> list[int]:
    """Return the steps that make another generation the one in force, from its record to the last link, each by its number."""
    begin = next(at for at, name in enumerate(steps) if re.fullmatch(r"replace \S+ \d+\.json", name))
    end = max(at for at, name in enumerate(steps) if re.fullmatch(r"rename \S+ engine", name))
    # Between two of these nothing that a run reads is other than before or after: what is flushed was written, what is unlinked is out of the way.
    return [at + 1 for at in range(begin, end + 1) if steps[at].startswith(("rename", "replace"))]


def chosen(calls: dict[str, list[str]], chance: random.Random) -> list[tuple[str, int]]:
    """Return the calls before which the engine is to end."""
    steps = range(1, len(calls[STEPS]) + 1)
    switch = switching(calls[STEPS])
    points = steps if EVERY else {*chance.sample(switch, SWITCH_SAMPLE), *chance.sample(steps, STEP_SAMPLE)}
    bulk = chance.sample(range(1, len(calls[BULK]) + 1), BULK_SAMPLE)
    return [*((STEPS, at) for at in sorted(points)), *((BULK, at) for at in sorted(bulk))]


@pytest.mark.parametrize("change", ["install", "upgrade"])
def test_an_end_at_any_step_leaves_a_working_host_that_converges(change: str, request: pytest.FixtureRequest) -> None:
    stage: Stage = request.getfixturevalue(change)
    points = chosen(stage.calls, random.Random(SEED))
    print(f"{change}: {len(points)} of {len(stage.calls[STEPS])} steps and {len(stage.calls[BULK])} other calls, seed {SEED}")
    wrong = []
    for kinds, at in points:
        try:
            stage.end(kinds, at)
            stage.judge()
        except AssertionError as error:
            wrong.append(f"{kinds} {at} ({stage.calls[kinds][at - 1]}): {error}")
    assert not wrong, f"{len(wrong)} of {len(points)} went wrong, seed {SEED}:\n" + "\n".join(wrong)


def _taskkill(root: WindowsRoot) -> None:
    """End every Python by its name, as an administrator does who has lost patience."""
    root.host.run(["taskkill", "/f", "/im", "python.exe"])


def _power_failure(root: WindowsRoot) -> None:
    root.host.kill()


@pytest.mark.parametrize("end", [_taskkill, _power_failure], ids=["taskkill /f", "the whole host"])
def test_an_end_from_outside_at_a_random_moment_is_no_different(end: Callable[[WindowsRoot], None], upgrade: Stage) -> None:
    chance = random.Random(SEED)
    ended, longest = 0, upgrade.seconds
    for _attempt in range(ATTEMPTS):
        moment = chance.uniform(0.15, 0.9) * longest
        upgrade.reset()
        process = upgrade.root.start(upgrade.document, python=upgrade.root.bootstrap)
        try:
            process.wait(moment)
            # It was quicker than the run that was timed, and shows what a later moment would be.
            longest = moment
        except subprocess.TimeoutExpired:
            end(upgrade.root)
            ended += 1
        process.communicate(timeout=60)
        print(f"ended after {moment:.2f} of {longest:.2f} s, seed {SEED}")
        upgrade.judge()
        if ended == MOMENTS:
            return
    pytest.fail(f"{ended} of {ATTEMPTS} runs were ended in the middle, wanted were {MOMENTS}, seed {SEED}")
