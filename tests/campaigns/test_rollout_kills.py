# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL of the controller at ROLLOUT_KILLS events of a roll-out that is promoted and of one that goes back, spread over all of them.

After each kill both hosts have one of the two releases, whole; the next run with the name of the roll-out ends it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from play_rollouts import Rollouts

KILLS = int(os.environ.get("ROLLOUT_KILLS", "40"))
HOSTS = ("-l", "a,b")


@pytest.mark.parametrize("ill", [[], ["b"]], ids=["promoted", "taken-back"])
def test_rollout_kills(ill: list[str], rollouts: Rollouts, figure: Callable[..., None]) -> None:
    old, new = rollouts.releases

    def reset(name: str) -> None:
        rollouts.move("stable", old)
        back = rollouts.run("rollout", *HOSTS, rollout_id=name, rollout_take_back=True)
        assert back.code == 0, back.output
        assert [rollouts.works(host) for host in "ab"] == [old, old]

    assert rollouts.roll_out(*HOSTS, rollout_id="whole", ill=ill).code == (2 if ill else 0)
    events = len(rollouts.events())
    reset("whole")
    wrong: list[str] = []
    points = sorted({1 + number * events // KILLS for number in range(KILLS)})
    for at in points:
        name = f"killed-{at}"
        killed = rollouts.roll_out(*HOSTS, kill_at=str(at), rollout_id=name, ill=ill)
        assert killed.code == -signal.SIGKILL, killed.output
        event = rollouts.events()[-1]
        if not {rollouts.works(host) for host in "ab"} <= {old, new}:
            wrong.append(f"{at} ({event}): a host has neither release")
        done = rollouts.roll_out(*HOSTS, rollout_id=name, ill=ill)
        expected = old if ill else new
        left = [rollouts.works(host) for host in "ab"]
        if done.code != (2 if ill else 0) or left != [expected] * 2 or rollouts.channel("stable") != expected:
            wrong.append(f"{at} ({event}): ended with {done.code}, {left}, stable names {rollouts.channel('stable')}\n{done.output}")
        reset(name)
    figure("rollout kills", ill=bool(ill), events=events, kills=len(points), wrong=len(wrong))
    assert not wrong, "\n".join(wrong)
