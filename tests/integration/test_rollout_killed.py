# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A controller that is killed in the middle of a roll-out leaves hosts that work, and the next run with the name of the roll-out ends it.

The workers that were busy with hosts live on, as they do when only the controller's first process dies. ``make security-long`` kills at many
more events.
"""

from __future__ import annotations

import signal
from typing import Any

import pytest
from play_rollouts import Rollouts

pytestmark = pytest.mark.slow

HOSTS = ("-l", "a,b")
NAMED: dict[str, Any] = {"rollout_id": "november"}


def test_whatever_a_kill_leaves_works_and_is_ended_by_the_next_run(rollouts: Rollouts) -> None:
    old, new = rollouts.releases

    def killed(at: str, **variables: Any) -> dict[str, str]:
        done = rollouts.roll_out(*HOSTS, kill_at=at, **NAMED, **variables)
        assert done.code == -signal.SIGKILL, done.output
        return {host: rollouts.works(host) for host in "ab"}

    left = killed("started b Bring the host to its declared state")
    assert (left["a"], left["b"] in (old, new)) == (new, True)

    # The second wave is resumed, is ill, and the roll-out killed once more while it goes back.
    left = killed("started b Go back", ill=["b"])
    assert left["a"] in (old, new)
    back = rollouts.run("rollout", *HOSTS, rollout_take_back=True, **NAMED)
    assert back.code == 0, back.output
    assert [(rollouts.works(host), rollouts.generation(host)) for host in "ab"] == [(old, 1), (old, 1)]

    left = killed("started a Move the channel to what was rolled out")
    assert left == {"a": new, "b": new}
    done = rollouts.roll_out(*HOSTS, **NAMED)
    assert done.code == 0, done.output
    assert rollouts.report()["summary"] == {"unchanged": 2}
    assert [rollouts.works(host) for host in "ab"] == [new, new]
    assert rollouts.channel("stable") == new
