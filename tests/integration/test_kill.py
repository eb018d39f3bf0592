# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at every step of install, build, repair, upgrade, rollback and prune.

After each kill the generation in force works and is whole, drift speaks of nothing but the interruption, and the next run converges and
leaves exactly the files that a run without a kill leaves. Set KILL_SEED to repeat a sample.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from kill_driver import BULK, STEPS
from killing import Scenario, Stage, carried_out, gone_wrong, request
from roots import Archive, Declared
from wheelhouse import Wheel, make_wheel

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="process groups and /proc as on Linux")]

STAGES = 2
BULK_SAMPLE = 6
RANDOM_TIMES = 3
DIRECTORIES = 16
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))


def _stages(place: Path, scenario: Scenario) -> list[Stage]:
    directory = Path(tempfile.mkdtemp(dir=place))
    return [Stage(directory / str(number), scenario) for number in range(STAGES)]


def _kill_all(stages: list[Stage], kinds: str, points: list[int], *, alone: bool = False) -> None:
    wrong = gone_wrong(stages, [(kinds, point) for point in points], alone=alone)
    assert not wrong, f"{len(wrong)} of {len(points)} kills went wrong:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", ["install", "build", "upgrade", "repair", "rollback", "prune"])
def test_a_kill_at_any_step_leaves_a_working_host_that_converges(name: str, kill_scenarios: dict[str, Scenario], kill_place: Path) -> None:
    stages = _stages(kill_place, kill_scenarios[name])
    steps, bulk = (len(stages[0].calls[kinds]) for kinds in (STEPS, BULK))
    sample = sorted({*range(1, bulk, max(1, bulk // BULK_SAMPLE)), *random.Random(SEED).sample(range(1, bulk + 1), min(bulk, BULK_SAMPLE))})
    print(f"{name}: {steps} steps, {len(sample)} of {bulk} other calls, seed {SEED}")
    _kill_all(stages, STEPS, list(range(1, steps + 1)))
    _kill_all(stages, BULK, sample)


def test_a_directory_is_never_left_closed_to_others(kill_scenarios: dict[str, Scenario], kill_place: Path) -> None:
    """What is made has its mode at once, however strict the umask of the run is that is cut off right after it."""
    stage = Stage(Path(tempfile.mkdtemp(dir=kill_place)) / "0", kill_scenarios["install"], umask=0o077)
    # Those of the store come first and stay; what is below a tree under construction is removed with it.
    made = [at for at, call in enumerate(stage.calls[BULK], start=1) if call.startswith("mkdir ")][:DIRECTORIES]
    assert len(made) == DIRECTORIES
    _kill_all([stage], BULK, [at + 1 for at in made])


@pytest.fixture(scope="module")
def busy(kill_bundles: list[Archive], wheels: dict[str, Wheel], kill_place: Path) -> Scenario:
    """Return a build that keeps the workers busy for a while."""
    body = "".join(f"def function_{number}(a, b=({number}, 'text')):\n    return [a + each for each in b]\n" for number in range(60))
    large = [
        make_wheel(kill_place / "large", name, files={f"{name}/m{n}.py": body for n in range(250)}) for name in ("big", "great", "huge")
    ]
    bare = Declared({"python": kill_bundles[0]}, {"old": [wheels["beta-1.0"]]})

    def prepare(root: Path) -> None:
        carried_out(request(root, "converge", bare))

    return Scenario(bare, bare.but(web=[wheels["beta-1.0"], *large]), prepare=prepare)


def _files_laid(root: Path) -> int:
    return sum(len(files) for tree in root.glob("laid/.new-*") for _directory, _directories, files in os.walk(tree))


@pytest.mark.parametrize("alone", [True, False], ids=["engine alone", "all"])
def test_a_kill_while_the_workers_lay_wheels_disturbs_nobody(alone: bool, busy: Scenario, kill_place: Path) -> None:
    """Workers that outlive their engine must not write into what the next run builds."""
    stage = Stage(Path(tempfile.mkdtemp(dir=kill_place)) / "0", busy)
    chance = random.Random(SEED)
    reached = sorted(chance.randrange(1, 1200) for _time in range(RANDOM_TIMES))
    print(f"killed after {reached} files, seed {SEED}")
    for files in reached:
        process = stage.start()
        while _files_laid(stage.root) < files and process.poll() is None:
            time.sleep(0.002)
        assert process.poll() is None, "the run was over before it was killed"
        if alone:
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        stage.judge()


def test_a_kill_at_a_random_moment_is_no_different(kill_scenarios: dict[str, Scenario], kill_place: Path) -> None:
    stage = Stage(Path(tempfile.mkdtemp(dir=kill_place)) / "0", kill_scenarios["upgrade"])
    begin = time.monotonic()
    assert stage.start().wait() == 0
    length = time.monotonic() - begin
    chance = random.Random(SEED)
    for moment in (chance.uniform(0.1, 1.0) * length for _time in range(2 * RANDOM_TIMES)):
        process = stage.start()
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        print(f"killed after {moment:.3f} of {length:.3f} s, seed {SEED}")
        stage.judge()
