# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL of the controller at ROLLOUT_KILLS events of a roll-out that is promoted and of one that goes back, spread over all of them.

After each kill both hosts have one of the two releases, whole; the next run with the name of the roll-out ends it. One that other runs share is
killed as well while it records in the repository that it begins, is halted or is done.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from play_rollouts import Rollouts

KILLS = int(os.environ.get("ROLLOUT_KILLS", "20"))
HOSTS = ("-l", "a,b")


@pytest.mark.parametrize("shared", [False, True], ids=["alone", "shared"])
@pytest.mark.parametrize("ill", [[], ["b"]], ids=["promoted", "taken-back"])
def test_rollout_kills(ill: list[str], shared: bool, rollouts: Rollouts, figure: Callable[..., None]) -> None:
    old, new = rollouts.releases
    given: dict[str, Any] = {"rollout_shared": shared}

    def reset(name: str) -> None:
        rollouts.move("stable", old)
        back = rollouts.run("rollout", *HOSTS, rollout_id=name, rollout_take_back=True, **given)
        assert back.code == 0, back.output
        assert [rollouts.works(host) for host in "ab"] == [old, old]

    assert rollouts.roll_out(*HOSTS, rollout_id="whole", ill=ill, **given).code == (2 if ill else 0)
    events = len(rollouts.events())
    reset("whole")
    wrong: list[str] = []
    points = sorted({1 + number * events // KILLS for number in range(KILLS)})
    for at in points:
        name = f"killed-{at}"
        killed = rollouts.roll_out(*HOSTS, kill_at=str(at), rollout_id=name, ill=ill, **given)
        assert killed.code == -signal.SIGKILL, killed.output
        event = rollouts.events()[-1]
        if not {rollouts.works(host) for host in "ab"} <= {old, new}:
            wrong.append(f"{at} ({event}): a host has neither release")
        done = rollouts.roll_out(*HOSTS, rollout_id=name, ill=ill, **given)
        expected = old if ill else new
        left = [rollouts.works(host) for host in "ab"]
        if done.code != (2 if ill else 0) or left != [expected] * 2 or rollouts.channel("stable") != expected:
            wrong.append(f"{at} ({event}): ended with {done.code}, {left}, stable names {rollouts.channel('stable')}\n{done.output}")
        reset(name)
    figure("rollout kills", ill=bool(ill), shared=shared, events=events, kills=len(points), wrong=len(wrong))
    assert not wrong, "\n".join(wrong)
