# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at every step of a switch, its checks and the switch back: never a mixed state, and the next run ends it.

What only flushes is left out: between two flushes nothing that a run reads is other than before or after. A sample of the steps is chosen;
set KILL_SEED to repeat one, and KILL_EVERY=1 to be killed before every step.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from checked_hosts import python
from kill_driver import BULK, STEPS
from killing import Scenario, Stage, carried_out, listing, request
from roots import Archive, Declared, Document
from wheelhouse import Wheel

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not sys.platform.startswith("linux"), reason="process groups and /proc as on Linux")]

SEED = int(os.environ.get("KILL_SEED", time.time_ns() % 1_000_000))
EVERY = bool(os.environ.get("KILL_EVERY"))
SAMPLE = 4

FAILS = {"checks": [python("pass")], "checks_after": [python("raise SystemExit(3)")]}
PASSES = {"checks": [python("pass")], "checks_after": [python("pass")]}


@pytest.fixture
def open_place() -> Iterator[Path]:
    """Return a directory that the user of checks gets to."""
    place = Path(tempfile.mkdtemp(prefix="hermetic-checks-"))
    place.chmod(0o755)
    yield place
    shutil.rmtree(place)


@pytest.fixture
def one(good: Archive, wheels: dict[str, Wheel]) -> Declared:
    return Declared({"python": good}, {"web": [wheels["alpha-1.0"], wheels["beta-1.0"]]})


@pytest.fixture
def two(one: Declared, wheels: dict[str, Wheel]) -> Declared:
    return one.but(web=[wheels["alpha-1.0"], wheels["beta-2.0"]])


def refused(root: Path, declared: Declared) -> Document:
    """Converge to what fails a check after the switch."""
    result = Stage.answer(request(root, "converge", declared))
    assert result["failed"] and result["switched_back"] is True, result
    return result


class RefusedStage(Stage):
    """A root on which a declaration is switched to, fails a check, and is switched back."""

    def _begin(self, report: Document) -> None:
        assert report["result"].get("switched_back") is True, report["result"]
        self.finished = listing(self.root)

    def judge(self) -> None:
        """Require a whole state of before or after, that the next run ends it in the same way, and that nothing is left over."""
        before = self.scenario.before
        if before is not None:
            self._all_start()
            self._whole(before)
        elif os.path.lexists(self.root / "current"):
            self._all_start()
        refused(self.root, self.scenario.after)
        left = listing(self.root)
        assert left == self.finished, self._difference(left)
        if before is not None:
            self._all_start()
            findings = carried_out(request(self.root, "drift", before, options={"verify": "deep", "jobs": 1}))["findings"]
            assert not findings, findings

    def _whole(self, before: Declared) -> None:
        """Require one of the two generations, and not a finding that speaks of anything but an interruption."""
        held = [each for each in (before, self.scenario.after) if self._tampered(each) == []]
        assert held, self._tampered(before)

    def _tampered(self, declared: Declared) -> list[Document]:
        findings = carried_out(request(self.root, "drift", declared, options={"verify": "quick"}))["findings"]
        return [finding for finding in findings if finding["cause"] not in ("interrupted", "pending")]


def acting(calls: list[str]) -> list[int]:
    """Return the steps from the marker of the run on, but those that only flush, each by its number."""
    first = next(at for at, name in enumerate(calls) if name.startswith("replace ") and name.endswith(" journal"))
    return [at + 1 for at, name in enumerate(calls) if at >= first and name.startswith(("rename", "replace", "unlink", "rmdir"))]


def kill_at_each(stage: Stage) -> None:
    """Be killed before steps from the marker on, those of the checks among them, and before each check is started."""
    points = acting(stage.calls[STEPS])
    assert len(points) > 5, stage.calls[STEPS]
    chosen = points if EVERY else sorted(random.Random(SEED).sample(points, SAMPLE))
    starts = [at for at, name in enumerate(stage.calls[BULK], 1) if name == "start of a process"]
    assert starts, "a scenario without checks shows nothing"
    print(f"{len(chosen)} of {len(points)} steps, {len(starts)} starts, seed {SEED}")
    for kind, at in [*((STEPS, at) for at in chosen), *((BULK, at) for at in starts)]:
        assert stage.kill(kind, at), at
        try:
            stage.judge()
        except AssertionError as error:
            raise AssertionError(f"killed before {kind} {at} ({stage.calls[kind][at - 1]}): {error}") from error


@pytest.mark.parametrize("first", [False, True], ids=["upgrade", "first install"])
def test_a_kill_while_a_failed_check_is_switched_back(open_place: Path, one: Declared, two: Declared, first: bool) -> None:
    failing = replace(two, checks={"web": FAILS})

    def prepare(root: Path) -> None:
        if not first:
            carried_out(request(root, "converge", one))
        # What is built is there already: the kills are about the switch and the way back.
        refused(root, failing)

    stage = RefusedStage(open_place / "stage", Scenario(None if first else one, failing, prepare=prepare))
    kill_at_each(stage)


def test_a_kill_while_a_checked_switch_is_made(open_place: Path, one: Declared, two: Declared) -> None:
    def prepare(root: Path) -> None:
        carried_out(request(root, "converge", one))
        refused(root, replace(two, checks={"web": FAILS}))

    stage = Stage(open_place / "stage", Scenario(one, replace(two, checks={"web": PASSES}), prepare=prepare))
    kill_at_each(stage)


class NumberedStage(Stage):
    """A root whose generations may have other numbers after a kill: that of one which was gone back from is free again."""

    def judge(self) -> None:
        """Require what every stage does, with the generations counted in their order."""
        self._all_start()
        self._nothing_tampered(self.scenario.before or self.scenario.after)
        self._settle()
        left, finished = renumbered(listing(self.root)), renumbered(self.finished)
        assert left == finished, sorted(left.items() ^ finished.items())


def renumbered(found: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """Return a listing with the generations numbered from 1."""
    numbers = sorted({int(path.split("/")[1]) for path in found if path.startswith("generations/")})
    ranks = {str(number): f"#{rank}" for rank, number in enumerate(numbers, 1)}
    return {
        "/".join(ranks.get(part.removesuffix(".json"), part) if "generations/" in path else part for part in path.split("/")): kind
        for path, kind in found.items()
    }


def test_a_kill_while_a_run_goes_back_from_what_it_cannot_prove(
    open_place: Path, one: Declared, two: Declared, wheels: dict[str, Wheel]
) -> None:
    other = one.but(web=[wheels["beta-2.0"], wheels["gamma-1.0"]])

    def prepare(root: Path) -> None:
        # What is built is there already: the kills are about the way back and the switch.
        for declared in (other, one, two):
            carried_out(request(root, "converge", declared))
        marker = '{"format": 1, "pid": 1, "generation": 3, "checks": ["virtualenv:web"], "steps": []}'
        (root / "state" / "journal").write_text(marker)

    stage = NumberedStage(open_place / "stage", Scenario(two, replace(other, checks={"web": PASSES}), prepare=prepare))
    assert sorted(path.name for path in (stage.root / "generations").iterdir()) == ["1", "2", "4"]
    kill_at_each(stage)


def test_what_was_switched_to_by_a_run_that_was_killed_before_its_checks_is_checked_by_the_next(
    open_place: Path, one: Declared, two: Declared
) -> None:
    root = open_place / "root"
    carried_out(request(root, "converge", one))
    carried_out(request(root, "converge", two))
    # As a kill between the switch and its checks leaves it.
    (root / "state" / "journal").write_text('{"format": 1, "pid": 1, "generation": 2, "steps": []}')
    planned = carried_out(request(root, "converge", replace(two, checks={"web": FAILS}), check=True))
    assert "check" in [step["action"] for step in planned["plan"]]
    result = refused(root, replace(two, checks={"web": FAILS}))
    assert (result["generation"], result["failed_generation"]) == ({"before": 1, "after": 1}, 2)
    assert os.readlink(root / "current") == "generations/1"
    drift: dict[str, Any] = carried_out(request(root, "drift", one, options={"verify": "deep"}))
    assert drift["findings"] == []
