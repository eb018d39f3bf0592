# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.verdict import allowed, judge


@pytest.mark.parametrize(
    ("limit", "hosts", "expected"),
    [(0, 5, 0), ("0", 5, 0), (2, 5, 2), ("2", 5, 2), ("10%", 5, 0), ("20%", 5, 1), ("10%", 1000, 100), ("100%", 3, 3), (" 5% ", 40, 2)],
)
def test_how_many_may_be_bad(limit: object, hosts: int, expected: int) -> None:
    assert allowed(limit, hosts=hosts) == expected


@pytest.mark.parametrize("limit", ["", "many", "-1", -1, "101%", "5 %", "1.5", 1.5, None, True, [1], {}])
def test_a_limit_that_cannot_be_read_is_refused(limit: object) -> None:
    with pytest.raises(HermeticError, match="expected a number of hosts, or a percentage"):
        allowed(limit, hosts=5)


def test_a_wave_without_a_bad_host_passes() -> None:
    verdict = judge({"a": {"state": "switched"}, "b": {"state": "unchanged"}}, limit=0, wave=1)
    assert (verdict.passed, verdict.reason, verdict.bad) == (True, "", ())


def test_failed_unhealthy_and_unreachable_hosts_count_and_so_do_those_of_which_nothing_is_known() -> None:
    outcomes = {"a": {"state": "failed"}, "b": {"state": "unhealthy"}, "c": {"state": "unreachable"}, "d": {}, "e": {"state": "switched"}}
    assert judge(outcomes, limit=4, wave=2).passed
    verdict = judge(outcomes, limit=3, wave=2)
    assert not verdict.passed
    assert verdict.reason == "Wave 2: 4 of 5 hosts (1 failed, 1 unhealthy, 1 unreachable; at most 3 may be): a, b, c, d"


def test_a_large_wave_is_named_in_part() -> None:
    verdict = judge({f"h{number:02}": {"state": "failed"} for number in range(30)}, limit="10%", wave=3)
    assert verdict.reason.endswith("h08, h09 and 20 more")
    assert len(verdict.bad) == 30


def test_a_host_that_the_play_goes_on_without_counts_whatever_was_noted_of_it() -> None:
    verdict = judge({"a": {"state": "switched"}}, limit="50%", wave=1, lost=["a", "b"])
    assert not verdict.passed
    assert verdict.bad == ("a", "b")
