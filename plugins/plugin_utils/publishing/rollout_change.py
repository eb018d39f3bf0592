# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task makes of the record of a roll-out, and which records are old; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.counting import counted
from ...module_utils.hermetic.text.grammar import name_problem, shown
from ...module_utils.hermetic.text.printable import printable
from ..repository.release_order import newest_first
from ..repository.rollout_record import (
    COMPLETED,
    HALTED,
    LONGEST_REASON,
    MOST_RUNS,
    ROLLOUTS,
    RUNNING,
    STAGED,
    STATES,
    TIME,
    Record,
    run_problem,
)
from .change import Change

KEPT_DAYS = 90
"""How long a roll-out that is over can still be read of."""

ROLLOUT: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": list(STATES)},
    "reason": {"type": "str"},
    "run": {"type": "str"},
    "runs": {"type": "int", "default": 1},
    "resume": {"type": "str"},
    "percent": {"type": "int"},
}
"""The option of a task."""


@dataclass(frozen=True)
class RolloutChange:
    """What is to be recorded of one roll-out of a bundle."""

    bundle: str
    name: str
    state: str
    moment: datetime
    reason: str = ""
    run: str | None = None
    """Which of the runs that share the roll-out says so."""
    runs: int = 1
    """How many share it."""
    resume: str | None = None
    """Since when the roll-out is halted that this resumes: a halt that came later is not meant."""
    percent: int | None = None
    """A staged roll-out: how many of the hosts take ``release`` instead of what ``channel`` names."""
    channel: str | None = None
    release: str | None = None


def rollout_change(
    option: Mapping[str, Any] | None, *, bundle: str, moment: datetime, channel: str | None = None, release: str | None = None
) -> RolloutChange | None:
    """Return what the option of a task asks for, or None if it only reads; ``channel`` and ``release`` are those of a staged roll-out."""
    if option is None:
        return None
    problems = []
    if problem := name_problem(option["name"]):
        problems.append(f"rollout.name is {shown(option['name'])}; {problem}")
    if option.get("run") is not None and (problem := run_problem(option["run"])):
        problems.append(f"rollout.run is {shown(option['run'])}; {problem}")
    runs = option.get("runs", 1)
    if not 1 <= runs <= MOST_RUNS:
        problems.append(f"rollout.runs is {runs}; expected 1 to {MOST_RUNS}")
    percent = option.get("percent")
    if percent is not None and not 1 <= percent <= 100:
        problems.append(f"rollout.percent is {percent}; expected 1 to 100")
    if percent is not None and option.get("state") != RUNNING:
        problems.append("rollout.percent is given without rollout.state running, of which it says how many hosts take it")
    if runs > 1 and not option.get("run"):
        problems.append("rollout.runs is given without rollout.run, which says which of them this is")
    if problems:
        raise HermeticError("The roll-out of this task cannot be recorded; nothing was changed", problems)
    if option.get("state") is None:
        return None
    reason = printable(option.get("reason") or "")
    reason = reason if len(reason) <= LONGEST_REASON else f"{reason[: LONGEST_REASON - 1]}…"
    made = RolloutChange(bundle, option["name"], option["state"], moment, reason, option.get("run"), runs, option.get("resume"))
    return replace(made, percent=percent, channel=channel, release=release) if percent is not None else made


def record_of(index: Mapping[str, Any], bundle: str, rollout: str) -> dict[str, Any]:
    """Return the record of a roll-out, empty if there is none."""
    return dict(index["bundles"].get(bundle, {}).get(ROLLOUTS, {}).get(rollout, {}))


def record_rollout(index: dict[str, Any], change: RolloutChange, changes: list[Change], problems: list[str]) -> Record | None:
    """Change the record of a roll-out in an index and return it, or add why that cannot be."""
    bundle = index["bundles"].get(change.bundle)
    if bundle is None:
        problems.append(f"bundle {change.bundle!r} is not in the repository; bundles: {', '.join(sorted(index['bundles'])) or 'none'}")
        return None
    before = bundle.get(ROLLOUTS, {}).get(change.name)
    if before is not None and before["state"] == HALTED and change.state != HALTED and change.resume != before["since"]:
        problems.append(_halted(change.name, before))
        return None
    if change.percent is not None:
        problems += (found := _staging_problems(bundle, before, change))
        if found:
            return None
    after = _following(before, change, named=bundle["channels"].get(change.channel))
    if after == before:
        return after
    bundle.setdefault(ROLLOUTS, {})[change.name] = after
    was = before["state"] if before is not None else "none"
    percent = f", {after['percent']} %" if "percent" in after else ""
    done = f", {len(after['done'])} of {counted(after.get('runs', 1), 'run')} done" if after.get("done") else ""
    because = f" ({after['reason']})" if after.get("reason") else ""
    changes.append(
        Change("record_rollout", f"bundle:{change.bundle}", f"roll-out {change.name}: {was} -> {after['state']}{percent}{done}{because}")
    )
    return after


def staged_move(before: Mapping[str, Any], record: Record | None, change: RolloutChange) -> tuple[str, str] | None:
    """Return the channel that a staged roll-out moves, and to what: at its end to its release, and where that is halted, back.

    ``before`` is the bundle as it was.
    """
    if record is None or "percent" not in record:
        return None
    if record["state"] == COMPLETED:
        return record["channel"], record["release"]
    was = before.get(ROLLOUTS, {}).get(change.name, {}).get("state")
    if record["state"] == HALTED and was == COMPLETED and before["channels"].get(record["channel"]) == record["release"]:
        return record["channel"], record["before"]
    return None


def staged_releases(bundle: Mapping[str, Any]) -> set[str]:
    """Return the releases that staged roll-outs need, and those that they may go back to."""
    records = [record for record in bundle.get(ROLLOUTS, {}).values() if record["state"] == RUNNING and "percent" in record]
    return {record[key] for record in records for key in ("release", "before")}


def remove_old_rollouts(index: dict[str, Any], moment: datetime, changes: list[Change]) -> None:
    """Remove the records of roll-outs that are over for long."""
    oldest = (moment - timedelta(days=KEPT_DAYS)).strftime(TIME)
    for name, bundle in sorted(index["bundles"].items()):
        records = bundle.get(ROLLOUTS, {})
        for rollout in [each for each, record in records.items() if record["state"] != RUNNING and record["since"] < oldest]:
            del records[rollout]
            changes.append(Change("remove_rollout", f"bundle:{name}", f"roll-out {rollout} is over for more than {KEPT_DAYS} days"))
        if not records:
            bundle.pop(ROLLOUTS, None)


def described_rollouts(index: Mapping[str, Any]) -> list[str]:
    """Return the records as lines that a person can compare."""
    return [
        f"bundle {name}: roll-out {rollout} is {record['state']} since {record['since']}"
        for name, bundle in sorted(index["bundles"].items())
        for rollout, record in sorted(bundle.get(ROLLOUTS, {}).items())
    ]


def _staging_problems(bundle: Mapping[str, Any], before: Record | None, change: RolloutChange) -> list[str]:
    if before is not None and "percent" in before:
        given = {"channel": change.channel or before["channel"], "release": change.release or before["release"]}
        # Two steps may be decided at the same time: the later one must not undo what the earlier one has led to.
        if before["state"] == COMPLETED:
            return [f"roll-out {change.name} is completed since {before['since']}; begin another one with a new name"]
        if before["state"] == RUNNING and change.percent is not None and change.percent < before["percent"]:
            reached = f"roll-out {change.name} reaches {before['percent']} % of the hosts since {before['since']}"
            return [f"{reached}, and this task gives {change.percent} %, by which hosts would go back; halt it to have all go back"]
        return [
            f"roll-out {change.name} has the {key} {before[key]}, and this task gives {value}; begin another one with a new name"
            for key, value in given.items()
            if value != before[key]
        ]
    if before is not None and before["state"] == RUNNING:
        return [f"roll-out {change.name} is running without a percentage; begin another one with a new name"]
    if not change.channel or not change.release:
        return ["rollout.percent begins a staged roll-out; give the release, and the channel of the hosts that are to take it"]
    problems = []
    if change.channel not in bundle["channels"]:
        channels = ", ".join(sorted(bundle["channels"])) or "none"
        problems.append(f"bundle {change.bundle!r} has no channel {change.channel!r} to stage a release on; channels: {channels}")
    if change.release not in bundle["releases"]:
        releases = ", ".join(newest_first(bundle["releases"])) or "none"
        problems.append(f"bundle {change.bundle!r} has no release {change.release!r}; releases: {releases}")
    return problems


def _following(before: Record | None, change: RolloutChange, *, named: str | None) -> dict[str, Any]:
    """Return the record after a change; what says the same is the same. ``named`` is what the channel of the change names."""
    done = list(before.get("done", [])) if before is not None else []
    state, reason = change.state, change.reason
    if before is not None and before["state"] == HALTED:
        if change.state == HALTED:
            # The first reason is the one that people look for.
            return dict(before)
        done = []
    if change.state == RUNNING:
        # A run that begins again is not done, and neither is the roll-out.
        done, reason = [run for run in done if run != change.run], ""
    elif change.state == COMPLETED:
        reason = ""
        if change.run is not None and change.run not in done:
            done = sorted([*done, change.run])
        state = COMPLETED if change.run is None or len(done) >= change.runs else RUNNING
    record: dict[str, Any] = {"state": state, "since": change.moment.astimezone(UTC).strftime(TIME)}
    if reason:
        record["reason"] = reason
    if change.runs > 1:
        record["runs"] = change.runs
    elif state == HALTED and before is not None and "runs" in before:
        record["runs"] = before["runs"]
    if done:
        record["done"] = done
    if before is not None and "percent" in before:
        record |= {key: before[key] for key in STAGED}
    elif change.percent is not None:
        record |= {"channel": change.channel, "release": change.release, "before": named}
    if change.percent is not None:
        record["percent"] = change.percent
    if before is not None and {**before, "since": ""} == {**record, "since": ""}:
        return dict(before)
    # Since when it is so.
    same = before is not None and before["state"] == state and before.get("percent") == record.get("percent")
    return {**record, "since": before["since"]} if before is not None and same else record


def _halted(name: str, record: Record) -> str:
    reason = f" {record['reason']}" if record.get("reason") else ""
    return (
        f"roll-out {name} is halted since {record['since']}.{reason} Begin another one with a new name, or resume it once its cause is "
        f"removed: rollout_resume={record['since']} (of the module: rollout.resume)"
    )
