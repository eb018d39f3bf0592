# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at every step of install, build, repair, upgrade, rollback and sweep.

After each kill the generation in force works and is whole, drift speaks of nothing but the interruption, and the next run converges and
leaves exactly the files that a run without a kill leaves. Set KILL_SEED to repeat a sample.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from bundle_variants import Contents, contents_of, slim, write
from kill_driver import BULK, STEPS
from killing import Scenario, Stage, carried_out, request
from roots import Archive, Declared
from wheelhouse import Wheel, make_wheel

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="process groups and /proc as on Linux")]

STAGES = 2
BULK_SAMPLE = 6
RANDOM_TIMES = 3
DIRECTORIES = 16
SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give a directory in memory where there is one: a kill, unlike a power cut, loses nothing that was written."""
    memory = Path("/dev/shm")
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        directory = Path(tempfile.mkdtemp(prefix="kill-", dir=memory))
        yield directory
        shutil.rmtree(directory)
    else:
        yield tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def slim_bundle(bundle_archive: Archive) -> Contents:
    """Return a bundle that installs in a tenth of a second."""
    return slim(contents_of(bundle_archive.path))


@pytest.fixture(scope="module")
def bundles(slim_bundle: Contents, place: Path) -> list[Archive]:
    """Return two releases."""
    version = slim_bundle.info["python"]["version"]  # type: ignore[index]
    return [write(slim_bundle.with_info(release=f"{version}+{number}"), place / f"bundle-{number}.tar") for number in (1, 2)]


@pytest.fixture(scope="module")
def scenarios(bundles: list[Archive], wheels: dict[str, Wheel]) -> dict[str, Scenario]:
    """Return the changes that are cut off."""
    bare = Declared({"python": bundles[0]})
    web = [wheels["alpha-1.0"], wheels["beta-1.0"]]
    one = bare.but(web=web)
    two = one.but(ops=[wheels["beta-1.0"], wheels["gamma-1.0"]])
    later = replace(one.but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]]), bundles={"python": bundles[1]})

    def converged(*states: Declared) -> Callable[[Path], None]:
        return lambda root: [carried_out(request(root, "converge", state)) for state in states] and None

    def damaged(root: Path) -> None:
        converged(two)(root)
        shared = next(root.glob("laid/*/site/beta.py"))
        shared.write_text("VERSION = 'mine'\n")
        next(root.glob("environments/web-*/bin/alpha")).unlink()
        next(root.glob("bundles/*/lib/python3*/this.py")).write_text("pass\n")
        next(root.glob("bundles/*/lib")).joinpath("stray.py").write_text("\n")
        (root / "generations" / "1" / "envs" / "ops").unlink()
        (root / "generations" / "1" / "envs" / "ops").symlink_to(next(root.glob("environments/ops-*")))

    return {
        "install": Scenario(None, two, prepare=lambda _root: None),
        "build": Scenario(bare, two, prepare=converged(bare)),
        "upgrade": Scenario(one, later, prepare=converged(one), parts={"options": {"keep_generations": 1}}),
        "repair": Scenario(two, two, prepare=damaged, tampered=True),
        "rollback": Scenario(
            two, one, prepare=converged(one, two), command="generation", parts={"generation": {"action": "activate", "number": 1}}
        ),
        "sweep": Scenario(
            later,
            later,
            prepare=converged(bare, two, one, later),
            command="generation",
            parts={"generation": {"action": "sweep"}, "options": {"keep_generations": 1}},
        ),
    }


def _stages(place: Path, scenario: Scenario) -> list[Stage]:
    directory = Path(tempfile.mkdtemp(dir=place))
    return [Stage(directory / str(number), scenario) for number in range(STAGES)]


def _kill_all(stages: list[Stage], kinds: str, points: list[int], *, alone: bool = False) -> None:
    """Kill at every point, on all stages at once, and report all points that went wrong."""

    def on_one(number: int) -> list[str]:
        wrong = []
        stage = stages[number]
        for point in points[number :: len(stages)]:
            try:
                stage.kill(kinds, point, alone=alone)
                stage.judge()
            except AssertionError as error:
                wrong.append(f"{kinds} {point} ({stage.calls[kinds][point - 1]}): {error}")
        return wrong

    with ThreadPoolExecutor(len(stages)) as pool:
        wrong = [text for texts in pool.map(on_one, range(len(stages))) for text in texts]
    assert not wrong, f"{len(wrong)} of {len(points)} kills went wrong:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", ["install", "build", "upgrade", "repair", "rollback", "sweep"])
def test_a_kill_at_any_step_leaves_a_working_host_that_converges(name: str, scenarios: dict[str, Scenario], place: Path) -> None:
    stages = _stages(place, scenarios[name])
    steps, bulk = (len(stages[0].calls[kinds]) for kinds in (STEPS, BULK))
    sample = sorted({*range(1, bulk, max(1, bulk // BULK_SAMPLE)), *random.Random(SEED).sample(range(1, bulk + 1), min(bulk, BULK_SAMPLE))})
    print(f"{name}: {steps} steps, {len(sample)} of {bulk} other calls, seed {SEED}")
    _kill_all(stages, STEPS, list(range(1, steps + 1)))
    _kill_all(stages, BULK, sample)


def test_a_directory_is_never_left_closed_to_others(scenarios: dict[str, Scenario], place: Path) -> None:
    """What is made has its mode at once, however strict the umask of the run is that is cut off right after it."""
    stage = Stage(Path(tempfile.mkdtemp(dir=place)) / "0", scenarios["install"], umask=0o077)
    # Those of the store come first and stay; what is below a tree under construction is removed with it.
    made = [at for at, call in enumerate(stage.calls[BULK], start=1) if call.startswith("mkdir ")][:DIRECTORIES]
    assert len(made) == DIRECTORIES
    _kill_all([stage], BULK, [at + 1 for at in made])


@pytest.fixture(scope="module")
def busy(bundles: list[Archive], wheels: dict[str, Wheel], place: Path) -> Scenario:
    """Return a build that keeps the workers busy for a while."""
    body = "".join(f"def function_{number}(a, b=({number}, 'text')):\n    return [a + each for each in b]\n" for number in range(60))
    large = [make_wheel(place / "large", name, files={f"{name}/m{n}.py": body for n in range(250)}) for name in ("big", "great", "huge")]
    bare = Declared({"python": bundles[0]}, {"old": [wheels["beta-1.0"]]})

    def prepare(root: Path) -> None:
        carried_out(request(root, "converge", bare))

    return Scenario(bare, bare.but(web=[wheels["beta-1.0"], *large]), prepare=prepare)


def _files_laid(root: Path) -> int:
    return sum(len(files) for tree in root.glob("laid/.new-*") for _directory, _directories, files in os.walk(tree))


@pytest.mark.parametrize("alone", [True, False], ids=["engine alone", "all"])
def test_a_kill_while_the_workers_lay_wheels_disturbs_nobody(alone: bool, busy: Scenario, place: Path) -> None:
    """Workers that outlive their engine must not write into what the next run builds."""
    stage = Stage(Path(tempfile.mkdtemp(dir=place)) / "0", busy)
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


def test_a_kill_at_a_random_moment_is_no_different(scenarios: dict[str, Scenario], place: Path) -> None:
    stage = Stage(Path(tempfile.mkdtemp(dir=place)) / "0", scenarios["upgrade"])
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
