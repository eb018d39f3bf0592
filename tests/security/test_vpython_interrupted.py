# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environments of programs are complete or not there: SIGKILL before every step, full disks, clocks that jump, releases side by side, pruning."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asked_runners import fields_of
from programs import Runner, check_complete, write_program
from roots import Archive, Declared, Root
from wheelhouse import Wheel

DRIVER = Path(__file__).resolve().parents[1] / "integration" / "kill_maker.py"
BODY = "import alpha, beta, sys; print(alpha.VERSION, beta.VERSION, sys.prefix)\n"
DAY = 24 * 3600


@pytest.fixture
def program(wheels: dict[str, Wheel], user_place: Path) -> Path:
    return write_program(user_place / "work", [wheels["alpha-1.0"], wheels["beta-2.0"]], body=BODY)


def runs(runner: Runner, program: Path) -> Path:
    """Run the program, and return its environment."""
    done = runner.start(program)
    assert done.returncode == 0, done.stderr
    alpha, beta, prefix = done.stdout.split()
    assert (alpha, beta) == ("1.0", "2.0")
    return Path(prefix)


def questioned(runner: Runner, program: Path, place: Path) -> bytes:
    """Return the question that the launcher asks for a program, as it writes it."""
    bundle = runner.command.resolve().parent.parent
    stand_in = place / "bundles" / "stand-in"
    (stand_in / "bin").mkdir(parents=True)
    shutil.copy(bundle / "bin" / "vpython3", stand_in / "bin")
    shutil.copy(bundle / "bundle.json", stand_in)
    (stand_in / "bin" / next((bundle / "libexec").iterdir()).name).write_text('#!/bin/sh\ncat <&3 > "$KEEP"; exit 9\n')
    next((stand_in / "bin").glob("python3*")).chmod(0o755)
    asked = Runner(stand_in / "bin" / "vpython3", runner.home, {"KEEP": str(place / "question")})
    assert asked.start(program).returncode == 9
    shutil.rmtree(runner.root)
    fields = fields_of((place / "question").read_bytes())
    fields.update(bundle=str(bundle), host=str(bundle.parent.parent), generation="generations/1")
    del fields["end"]
    parts = [*fields.items(), ("end", "")]
    return b"".join(b"%s %d\n%s\n" % (name.encode(), len(text.encode()), text.encode()) for name, text in parts)


def made_until(runner: Runner, question: bytes, count: int, report: Path) -> int:
    """Have an environment made until a call that changes the disk; returns how the maker ended."""
    bundle = runner.command.resolve().parent.parent
    asked = report.with_name("asked")
    asked.write_bytes(question)
    command = [
        str(bundle / "bin" / "python3"), str(DRIVER), str(bundle / "lib" / "engine-code" / "engine.zip"), str(bundle / "lib" / "engine"),
        str(count), str(report),
    ]  # fmt: skip
    with_question = ["/bin/sh", "-c", f'exec "$0" "$@" 3<{asked}', *command]
    return subprocess.run(with_question, env=runner.environment, capture_output=True, check=False).returncode


def test_sigkill_before_every_step(runner: Runner, program: Path, user_place: Path) -> None:
    question = questioned(runner, program, user_place)
    report = user_place / "report"
    assert made_until(runner, question, 0, report) == 0
    calls = int(report.read_text())
    assert calls > 60
    assert check_complete(runner.root) == 1
    shutil.rmtree(runner.root)
    entries = []
    # Every eighth, since one call of a kind is as good as the next. Now and then on top of what others left, which takes fewer calls.
    for count in range(1 + calls % 8, calls + 1, 8):
        ended = made_until(runner, question, count, report)
        entries.append(check_complete(runner.root))
        assert ended == -signal.SIGKILL or (ended, entries[-1]) == (0, 1), count
        if count % 5:
            shutil.rmtree(runner.root, ignore_errors=True)
    runs(runner, program)
    assert check_complete(runner.root) >= 1
    assert entries.count(0) > len(entries) / 2
    left = [path for path in runner.root.rglob("*") if path.name.startswith((".new-", ".old-"))]
    assert left == []


@pytest.fixture
def held(runner: Runner) -> Iterator[None]:
    """Hold a lock that a maker needs, so that it waits until it is ended."""
    (runner.root / "locks").mkdir(parents=True)
    script = f"exec 9>{runner.root}/locks/shared; flock 9; echo ready; exec sleep 600"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        yield
        holder.kill()


def maker_of(process: subprocess.Popen[str], runner: Runner) -> Path:
    """Wait until the other half is at work, and return what the system shows of it."""
    while not (runner.root / "state" / "receipts" / "laid").is_dir():
        assert process.poll() is None
        time.sleep(0.01)
    return Path("/proc", Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


def is_running(process: Path) -> bool:
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def heeding() -> None:
    """Heed the signals that whoever runs the tests may have had ignored."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_maker_too(runner: Runner, program: Path, held: None, number: signal.Signals) -> None:
    command = [str(runner.command), str(program)]
    process = subprocess.Popen(command, env=runner.environment, stderr=subprocess.PIPE, text=True, preexec_fn=heeding)
    maker = maker_of(process, runner)
    process.send_signal(number)
    assert (process.communicate(timeout=120)[1], process.returncode) == ("", -number)
    assert not is_running(maker)


def test_a_killed_launcher_takes_its_maker_along(runner: Runner, program: Path, held: None) -> None:
    process = subprocess.Popen([str(runner.command), str(program)], env=runner.environment, text=True)
    maker = maker_of(process, runner)
    process.kill()
    process.wait()
    for _attempt in range(6000):
        if not is_running(maker):
            break
        time.sleep(0.01)
    assert not is_running(maker)


@pytest.mark.root
def test_a_full_disk_leaves_nothing_half_made(runner: Runner, wheels: dict[str, Wheel], program: Path, volume: Path) -> None:
    full = Runner(runner.command, runner.home, {"VPYTHON_VIRTUALENV_ROOT": str(volume / "root")})
    size = 4096
    refusals = 0
    while True:
        subprocess.run(["mount", "-o", f"remount,size={size}", str(volume)], check=True)
        done = full.start(program)
        if done.returncode == 0:
            break
        assert (done.returncode, done.stdout) == (126, "")
        assert "space" in done.stderr.lower(), done.stderr
        refusals += 1
        size += 16384
    assert refusals > 3
    assert len(list((volume / "root" / "by-spec").iterdir())) == 1


def test_releases_side_by_side_have_environments_of_their_own(
    make_root: Callable[[Path, Declared], Root], later_bundle_archive: Archive, runner: Runner, program: Path, user_place: Path
) -> None:
    later = make_root(user_place / "later", Declared({"python": later_bundle_archive}))
    later.converge()
    other = Runner(later.path / "bin" / "vpython3", runner.home)
    first, second = runs(runner, program), runs(other, program)
    assert first != second
    assert (runs(runner, program), runs(other, program)) == (first, second)
    # Both read the same byte code.
    assert len(list((runner.root / "laid").iterdir())) == 2
    # What a release to come has written is left alone, and not read.
    for receipt in (runner.root / "state" / "receipts" / "environments").iterdir():
        receipt.write_text(receipt.read_text().replace('"format":1', '"format":99'))
    assert runs(runner, program) == first


def age(path: Path, seconds: float) -> None:
    at = time.time() - seconds
    os.utime(path, (at, at))


def pruned(runner: Runner) -> str:
    done = runner.start("-vpython-tool", "prune")
    assert (done.returncode, done.stdout) == (0, "")
    return done.stderr


def test_what_is_unused_for_a_week_goes(runner: Runner, wheels: dict[str, Wheel], program: Path, user_place: Path) -> None:
    kept = write_program(user_place / "kept", [wheels["beta-2.0"]])
    old, stays = runs(runner, program), Path(runner.shown(kept)["prefix"])
    age(old, 8 * DAY)
    age(stays, 6 * DAY)
    assert "removed 1 unused environment from" in pruned(runner)
    assert runner.environments() == [stays.name]
    assert check_complete(runner.root) == 1
    # beta is needed by the other one.
    assert len(list((runner.root / "laid").iterdir())) == 1
    assert len([name for name in os.listdir(runner.root / "locks") if len(name) == 64]) == 1
    assert runs(runner, program) == old
    # Using it counts.
    age(old, 8 * DAY)
    runs(runner, program)
    assert "removed 0" in pruned(runner)


def test_what_an_ended_writer_left_goes(runner: Runner, program: Path) -> None:
    runs(runner, program)
    places = ("by-spec", "state", "state/receipts/environments", "state/receipts/laid")
    old = [runner.root / place / ".new-0123456789abcdef" for place in places]
    recent = [path.with_name(".new-fedcba9876543210") for path in old]
    for path in (*old[1:], *recent):
        path.write_text("half")
    # As on POSIX an entry is one; where it leads does not count.
    old[0].symlink_to("../environments")
    before = time.time() - 8 * DAY
    for path in old:
        os.utime(path, (before, before), follow_symlinks=False)
    pruned(runner)
    assert [path for path in old if os.path.lexists(path)] == []
    assert [path for path in recent if not path.exists()] == []
    assert check_complete(runner.root) == 1


def test_what_is_in_use_stays_however_old(runner: Runner, wheels: dict[str, Wheel], user_place: Path) -> None:
    body = (
        "import os, sys\nif len(sys.argv) > 1:\n    os.closerange(3, 4096)\n"
        "print(sys.prefix, flush=True)\nsys.stdin.read()\nimport beta\nprint(beta.VERSION)\n"
    )
    program = write_program(user_place / "work", [wheels["beta-2.0"]], body=body)
    for arguments in ([], ["close"]):
        with subprocess.Popen(
            [str(runner.command), str(program), *arguments],
            env=runner.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdout is not None
            environment = Path(process.stdout.readline().strip())
            age(environment, 30 * DAY)
            assert "removed 0" in pruned(runner)
            assert process.communicate("", timeout=60)[0] == "2.0\n"
    age(environment, 30 * DAY)
    assert "removed 1" in pruned(runner)


def test_a_few_go_at_a_time_and_at_most_once_a_day(runner: Runner, wheels: dict[str, Wheel], user_place: Path) -> None:
    for number, names in enumerate((["alpha-1.0"], ["beta-1.0"], ["gamma-1.0"], ["delta-1.0"], ["alpha-1.0", "gamma-1.0"])):
        runner.shown(write_program(user_place / str(number), [wheels[name] for name in names]))
    assert len(runner.environments()) == 5
    for name in runner.environments():
        age(runner.root / "environments" / name, 8 * DAY)
    runner.shown(write_program(user_place / "day", [wheels["beta-2.0"]]))
    assert len(runner.environments()) == 6
    age(runner.root / "state" / "pruned.json", 2 * DAY)
    runner.shown(write_program(user_place / "another", []))
    assert len(runner.environments()) == 7 - 3


@pytest.fixture
def clock(runner: Runner) -> Callable[[int], None]:
    """Return a function that makes it look as if the clock had been set by so many seconds since the last time."""

    def set_by(seconds: int) -> None:
        path = runner.root / "state" / "pruned.json"
        record = json.loads(path.read_text())
        path.write_text(json.dumps({**record, "wall": record["wall"] - seconds}))

    return set_by


@pytest.mark.parametrize("days", [30, -30])
def test_a_clock_that_jumps_removes_nothing(runner: Runner, program: Path, clock: Callable[[int], None], days: int) -> None:
    environment = runs(runner, program)
    clock(days * DAY)
    age(environment, days * DAY)
    assert "removed 0" in pruned(runner)
    assert abs(environment.stat().st_mtime - time.time()) < 3600
    # From then on it ages again.
    age(environment, 8 * DAY)
    assert "removed 1" in pruned(runner)


def test_a_use_in_the_future_is_noted_again(runner: Runner, program: Path) -> None:
    environment = runs(runner, program)
    age(environment, -30 * DAY)
    runs(runner, program)
    assert environment.stat().st_mtime <= time.time() + 1


def test_an_environment_that_is_removed_by_hand_is_made_again(runner: Runner, program: Path) -> None:
    environment = runs(runner, program)
    shutil.rmtree(environment)
    assert runs(runner, program) == environment
    shutil.rmtree(runner.root / "state")
    shutil.rmtree(runner.root / "laid")
    (runner.root / "by-spec" / next(iter(os.listdir(runner.root / "by-spec")))).unlink()
    assert runs(runner, program) == environment
    shutil.rmtree(runner.root)
    assert runs(runner, program) == environment


def test_pruning_and_starting_do_not_meet(runner: Runner, program: Path) -> None:
    """One process removes what is old, and everything is, while others start; who wins differs, and nobody fails."""
    for _round in range(8):
        runs(runner, program)
        for name in runner.environments():
            age(runner.root / "environments" / name, 30 * DAY)
        commands = [[str(runner.command), "-vpython-tool", "prune"], *[[str(runner.command), str(program)]] * 3]
        processes = [
            subprocess.Popen(command, env=runner.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            for command in commands
        ]
        outcomes = [(process.communicate(timeout=240)[1], process.returncode) for process in processes]
        assert outcomes[0][1] == 0, outcomes
        assert outcomes[1:] == [("", 0)] * 3
    for name in runner.environments():
        age(runner.root / "environments" / name, 30 * DAY)
    assert "removed 1" in pruned(runner)
    runs(runner, program)
