# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The power goes at a random moment: the disk keeps what was flushed. POWER_CUTS (120 in all) says how often."""

from __future__ import annotations

import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from killing import Scenario
from power import Disk

CUTS = int(os.environ.get("POWER_CUTS", "120"))
NAMES = ("install", "build", "upgrade", "repair", "rollback", "prune")

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="mounts disk images, which needs root"),
    pytest.mark.skipif(shutil.which("mkfs.ext4") is None, reason="mkfs.ext4 is missing"),
]


@pytest.mark.parametrize("name", NAMES)
def test_power_cuts(name: str, kill_scenarios: dict[str, Scenario], tmp_path: Path, seed: int, figure: Callable[..., None]) -> None:
    disk = Disk(tmp_path / "disk", kill_scenarios[name])
    try:
        begin = time.monotonic()
        assert disk.start().wait() == 0
        length = time.monotonic() - begin
        chance = random.Random(seed)
        wrong, during = [], 0
        for _time in range(max(1, CUTS // len(NAMES))):
            moment = chance.uniform(0.05, 1.05) * length
            try:
                during += disk.power_cut(moment)
                disk.judge()
            except AssertionError as error:
                wrong.append(f"after {moment:.3f} of {length:.3f} s: {error}")
    finally:
        disk.close()
    figure("power cuts", scenario=name, cuts=max(1, CUTS // len(NAMES)), during_the_run=during, wrong=len(wrong))
    assert not wrong, "\n".join(wrong)
