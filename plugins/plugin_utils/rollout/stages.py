# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of a staged roll-out, by what the hosts that it has reached say of themselves: it waits, grows, is halted or completed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.counting import counted
from ...module_utils.hermetic.text.printable import printable
from ..repository.rollout_record import COMPLETED, HALTED, RUNNING, TIME
from ..repository.staged_release import is_reached
from .outcome import ILL
from .verdict import allowed

BEGIN, WAIT, GROW, HALT, COMPLETE, NOTHING = "begin", "wait", "grow", "halt", "complete", "nothing"
_NAMED_AT_MOST = 10


@dataclass(frozen=True)
class Gate:
    """What has to be so before a roll-out reaches more hosts."""

    stages: tuple[int, ...]
    """The percentages, one after the other."""
    limit: object = 0
    """How many of the hosts that it has reached may be bad."""
    soak: int = 0
    """Seconds for which they are watched."""
    hours: int = 24
    """After how many hours a host should have taken the release."""


@dataclass(frozen=True)
class Step:
    """What is to be done now, why, and how the hosts are."""

    action: str
    reason: str
    percent: int | None = None
    good: tuple[str, ...] = ()
    bad: tuple[str, ...] = ()
    pending: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the step for a play."""
        hosts = {"good": list(self.good), "bad": list(self.bad), "pending": list(self.pending)}
        return {"action": self.action, "reason": self.reason, "percent": self.percent, **hosts}


def stages_of(texts: Iterable[str]) -> tuple[int, ...]:
    """Return the percentages of a list such as 1%, 10%, 100%, which must rise and end with 100."""
    given = list(texts)
    found = [int(text.removesuffix("%")) for text in given if text.removesuffix("%").isascii() and text.removesuffix("%").isdigit()]
    if len(found) != len(given) or not found or found != sorted(set(found)) or found[0] < 1 or found[-1] != 100:
        raise HermeticError(
            f"The stages are {', '.join(map(repr, given)) or 'none'}; expected percentages of the hosts that rise from at least 1% to 100%, "
            "such as 1%,10%,50%,100%."
        )
    return tuple(found)


def next_step(
    record: Mapping[str, Any], hosts: Mapping[str, Mapping[str, Any]], *, rollout: str, bundle: str, gate: Gate, now: datetime
) -> Step:
    """Return what becomes of a roll-out; ``hosts`` are the entries of one report of all hosts that it is about."""
    if not record:
        return Step(BEGIN, f"It begins with {gate.stages[0]} % of {counted(len(hosts), 'host')}", gate.stages[0])
    if record["state"] in (HALTED, COMPLETED):
        return Step(NOTHING, f"It is {record['state']} since {record['since']}. {record.get('reason', '')}".rstrip())
    if record["state"] != RUNNING or "percent" not in record:
        raise HermeticError(f"Roll-out {rollout} is no staged one: it has no percentage. Use another name.")
    percent, passed = record["percent"], now - datetime.strptime(record["since"], TIME).replace(tzinfo=UTC)
    reached = {name: entry for name, entry in hosts.items() if is_reached(rollout, percent, name)}
    late = passed >= timedelta(hours=gate.hours)
    found: dict[str, list[str]] = {"good": [], "bad": [], "pending": []}
    reasons: dict[str, str] = {}
    for name in sorted(reached):
        state, why = _state_of(reached[name], bundle=bundle, release=record["release"], late=late, hours=gate.hours)
        found[state].append(name)
        reasons[name] = why
    good, bad, pending = (tuple(found[name]) for name in ("good", "bad", "pending"))
    most = allowed(gate.limit, hosts=len(reached))
    if len(bad) > most:
        named = "; ".join(f"{name} {reasons[name]}" for name in bad[:_NAMED_AT_MOST])
        more = f" and {len(bad) - _NAMED_AT_MOST} more" if len(bad) > _NAMED_AT_MOST else ""
        reason = f"{percent} %: {len(bad)} of {counted(len(reached), 'host')} bad (at most {most} may be): {named}{more}"
        return Step(HALT, reason, None, good, bad, pending)
    at = f"{percent} %: {len(good)} of {counted(len(reached), 'host')} good, {len(bad)} bad"
    if pending:
        return Step(WAIT, f"{at}, {len(pending)} still to take it: {', '.join(pending[:_NAMED_AT_MOST])}", None, good, bad, pending)
    if passed < timedelta(seconds=gate.soak):
        return Step(WAIT, f"{at}; watched for {int(passed.total_seconds())} of {gate.soak} s", None, good, bad)
    following = next((each for each in gate.stages if each > percent), None)
    if following is None:
        return Step(COMPLETE, at, None, good, bad)
    return Step(GROW, f"{at}; now {following} %", following, good, bad)


def _state_of(entry: Mapping[str, Any], *, bundle: str, release: str, late: bool, hours: int) -> tuple[str, str]:
    if entry["state"] == "not_checked":
        return "bad", f"is not known ({printable(entry['message'] or entry['reason'])[:200]})"
    ill = [each for each in entry["findings"] if each["kind"] in ILL]
    if ill:
        return "bad", f"has {printable(ill[0]['subject'])} that is {ill[0]['kind']}"
    if entry["bundles"].get(bundle) == release:
        return "good", ""
    return ("bad", f"has not taken it in {hours} h") if late else ("pending", "")
