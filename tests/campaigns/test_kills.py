# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at every step, and at as many other calls as KILLS asks for (1,200 in all unless it says otherwise; a scenario has no more than its calls).

``make integration`` takes every step and a small sample of the rest. What is promised after each kill stands in ``killing.Stage.judge``.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from kill_driver import BULK, STEPS
from killing import Scenario, Stage, gone_wrong

KILLS = int(os.environ.get("KILLS", "1200"))
NAMES = ("install", "build", "upgrade", "repair", "rollback", "prune")
STAGES = 2


@pytest.mark.parametrize("name", NAMES)
def test_kills(name: str, kill_scenarios: dict[str, Scenario], kill_place: Path, figure: Callable[..., None]) -> None:
    directory = Path(tempfile.mkdtemp(dir=kill_place))
    stages = [Stage(directory / str(number), kill_scenarios[name]) for number in range(STAGES)]
    steps, bulk = (len(stages[0].calls[kinds]) for kinds in (STEPS, BULK))
    more = min(bulk, max(1, KILLS // len(NAMES) - steps))
    points = [(STEPS, at) for at in range(1, steps + 1)] + [(BULK, 1 + number * bulk // more) for number in range(more)]
    wrong = gone_wrong(stages, points)
    figure("kills", scenario=name, steps=steps, other_calls=bulk, kills=len(points), wrong=len(wrong))
    assert not wrong, "\n".join(wrong)
