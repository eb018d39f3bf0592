# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A staged roll-out reaches the share of hosts that it says, always the same ones, and never gives one up when it grows."""

from __future__ import annotations

from typing import Any

from ansible_collections.hermetic.python.plugins.plugin_utils.repository.staged_release import (
    Staged,
    halted_rollouts,
    is_reached,
    share_of,
    staged_release,
)

HOSTS = [f"web-{number:04}.example.com" for number in range(2000)]


def record(state: str = "running", **given: Any) -> dict[str, Any]:
    staged = {"channel": "stable", "release": "3.12.1+2", "percent": 100, "before": "3.12.1+1"}
    return {"state": state, "since": "2026-11-26T21:00:00Z", **staged, **given}


def test_the_share_is_stable_and_even() -> None:
    assert share_of("october", "web-1") == share_of("october", "web-1") != share_of("november", "web-1")
    for percent in (1, 10, 50):
        reached = {host for host in HOSTS if is_reached("october", percent, host)}
        assert abs(len(reached) - len(HOSTS) * percent / 100) < 4 * (len(HOSTS) * percent / 100) ** 0.5 + 1
        assert reached <= {host for host in HOSTS if is_reached("october", percent + 7, host)}
    assert all(is_reached("october", 100, host) for host in HOSTS)
    assert not any(is_reached("october", 0, host) for host in HOSTS)
    # Other hosts are the first of the next one.
    first = [{host for host in HOSTS if is_reached(name, 10, host)} for name in ("october", "november")]
    assert len(first[0] & first[1]) < len(first[0]) / 2


def test_a_host_takes_what_is_staged_on_its_channel() -> None:
    bundle = {"rollouts": {"october": record()}}
    assert staged_release(bundle, channel="stable", host="a") == Staged("october", "3.12.1+2", "2026-11-26T21:00:00Z")
    assert staged_release(bundle, channel="canary", host="a") is None
    assert staged_release({}, channel="stable", host="a") is None
    for other in (record("halted"), record("completed"), {"state": "running", "since": "2026-11-26T21:00:00Z"}):
        assert staged_release({"rollouts": {"october": other}}, channel="stable", host="a") is None
    far = next(host for host in HOSTS if share_of("october", host) > 50)
    assert staged_release({"rollouts": {"october": record(percent=50)}}, channel="stable", host=far) is None


def test_of_several_the_last_one_counts() -> None:
    later = record(since="2026-11-27T21:00:00Z", release="3.12.1+3")
    found = staged_release({"rollouts": {"october": record(), "a-later": later}}, channel="stable", host="a")
    assert found is not None and found.release == "3.12.1+3"


def test_hosts_go_back_from_staged_roll_outs_that_are_halted() -> None:
    shared = {"state": "halted", "since": "2026-11-26T21:00:00Z"}
    records = {"october": record("halted"), "awx-7": shared, "november": record()}
    assert halted_rollouts({"rollouts": records}) == ["october"]
    assert halted_rollouts({}) == []
