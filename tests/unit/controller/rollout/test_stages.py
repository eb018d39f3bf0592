# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A staged roll-out grows by what hosts report, and is halted where too many are bad, also by saying nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.repository.staged_release import is_reached
from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.stages import Gate, Step, next_step, stages_of

NEW, OLD = "3.12.1+2", "3.12.1+1"
BEGAN = datetime(2026, 11, 26, 21, tzinfo=UTC)
HOSTS = [f"web-{number}" for number in range(200)]
FIRST = [host for host in HOSTS if is_reached("october", 10, host)]
GATE = Gate((10, 50, 100), hours=2)


def record(percent: int = 10, **given: Any) -> dict[str, Any]:
    return {"state": "running", "since": "2026-11-26T21:00:00Z", "channel": "stable", "release": NEW, "percent": percent, **given}


def host(release: str = OLD, state: str = "clean", *, kind: str | None = None, message: str = "") -> dict[str, Any]:
    findings = [{"subject": "bundle:python", "kind": kind}] if kind else []
    reason = "failed" if state == "not_checked" else None
    return {"state": state, "reason": reason, "message": message, "bundles": {"python": release}, "findings": findings}


def fleet(**others: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return all hosts, of which those that were reached have the release."""
    found = {name: host(NEW if name in FIRST else OLD) for name in HOSTS}
    return {**found, **{name.replace("_", "-"): entry for name, entry in others.items()}}


def step(of: dict[str, Any], hosts: dict[str, dict[str, Any]], *, gate: Gate = GATE, minutes: int = 60) -> Step:
    return next_step(of, hosts, rollout="october", bundle="python", gate=gate, now=BEGAN + timedelta(minutes=minutes))


def changed(name: str, entry: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {**fleet(), name: entry}


def test_it_begins_grows_and_is_completed() -> None:
    begun = step({}, fleet())
    assert (begun.action, begun.percent) == ("begin", 10)
    grown = step(record(), fleet())
    assert (grown.action, grown.percent, len(grown.good)) == ("grow", 50, len(FIRST))
    everywhere = {name: host(NEW) for name in HOSTS}
    assert step(record(50), everywhere).percent == 100
    assert step(record(100), everywhere).action == "complete"
    # A stage that the gate does not know any more is followed by the next one.
    assert step(record(60), everywhere).percent == 100


def test_it_waits_for_hosts_that_have_not_run_and_for_the_soak_time() -> None:
    waits = step(record(), changed(FIRST[0], host(OLD)), minutes=119)
    assert (waits.action, waits.pending) == ("wait", (FIRST[0],))
    soaked = Gate((10, 100), soak=3600, hours=2)
    assert step(record(), fleet(), gate=soaked, minutes=59).action == "wait"
    assert step(record(), fleet(), gate=soaked, minutes=60).action == "grow"


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (host(NEW, kind="unhealthy"), "has bundle:python that is unhealthy"),
        (host(NEW, kind="not_runnable"), "that is not_runnable"),
        (host(NEW, "not_checked", message="The run failed."), "is not known (The run failed.)"),
        (host(OLD), "has not taken it in 2 h"),
    ],
)
def test_too_many_bad_hosts_halt_it(entry: dict[str, Any], why: str) -> None:
    halted = step(record(), changed(FIRST[0], entry), minutes=120)
    assert (halted.action, halted.bad) == ("halt", (FIRST[0],))
    assert halted.reason == f"10 %: 1 of {len(FIRST)} hosts bad (at most 0 may be): {FIRST[0]} {why}" or why in halted.reason
    assert step(record(), changed(FIRST[0], entry), gate=Gate((10, 50, 100), limit=1, hours=2), minutes=120).action == "grow"


def test_hosts_that_it_has_not_reached_do_not_count() -> None:
    other = next(name for name in HOSTS if name not in FIRST)
    assert step(record(), changed(other, host(OLD, kind="unhealthy"))).action == "grow"


def test_what_is_somebodys_change_is_no_fault_of_the_release() -> None:
    assert step(record(), changed(FIRST[0], host(NEW, "tampered", kind="modified"))).action == "grow"


@pytest.mark.parametrize("state", ["halted", "completed"])
def test_what_is_over_stays_as_it_is(state: str) -> None:
    done = step(record(state=state, reason="down"), changed(FIRST[0], host(NEW, kind="unhealthy")))
    assert (done.action, done.reason) == ("nothing", f"It is {state} since 2026-11-26T21:00:00Z. down")


def test_a_record_of_another_kind_is_refused() -> None:
    with pytest.raises(HermeticError, match="no staged one"):
        step({"state": "running", "since": "2026-11-26T21:00:00Z"}, fleet())


def test_what_a_host_says_controls_no_terminal() -> None:
    said = step(record(), changed(FIRST[0], host(NEW, "not_checked", message="\x1b[2J" + "x" * 900)))
    assert "\x1b" not in said.reason and len(said.reason) < 400


def test_stages_rise_to_all() -> None:
    assert stages_of(["1%", "10", "100%"]) == (1, 10, 100)
    for wrong in ([], ["10%"], ["0%", "100%"], ["50%", "10%", "100%"], ["a", "100%"], ["10%", "10%", "100%"], ["²", "100%"], ["101%"]):
        with pytest.raises(HermeticError, match="expected percentages"):
            stages_of(wrong)
