# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the events of a run to the entries of its hosts; pure.

The events come from the run itself or from what a killed run left behind; an event that is cut off is the last one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .document import VERIFY_LEVELS, declaration_key, not_checked, unknown_host
from .task_result import Event

NOT_REACHED = "The run ended before this host was asked."
KILLED = "The run was cut off before this host had answered."


@dataclass
class FoldedEvents:
    """What a run is known to have found, host by host."""

    run: dict[str, Any] = field(default_factory=dict)
    hosts: dict[str, dict[str, Any]] = field(default_factory=dict)
    declarations: dict[str, dict[str, Any]] = field(default_factory=dict)
    inventory: frozenset[str] | None = None
    """The hosts that there are, where the report keeps what is known of those that were not asked."""


@dataclass
class _Host:
    groups: list[str]
    inside: bool
    answers: dict[str, Event] = field(default_factory=dict)
    silences: dict[str, Event] = field(default_factory=dict)
    lost: Event | None = None


def fold(events: Iterable[Event], *, complete: bool) -> FoldedEvents:
    """Fold events; the latest result for a part of a host is the one that counts."""
    folded = FoldedEvents()
    known: dict[str, _Host] = {}
    groups: list[list[str]] = []
    declared: dict[str, Mapping[str, Any]] = {}
    verify: set[str] = set()
    for event in events:
        kind = event["event"]
        if kind == "run":
            folded.run = {key: value for key, value in event.items() if key != "event"}
        elif kind == "groups":
            groups.append(event["groups"])
        elif kind == "host":
            entry = known.setdefault(event["host"], _Host(_group(groups, event["groups"]), event["inside"]))
            entry.inside = entry.inside or event["inside"]
        elif kind == "declared":
            declared[event["key"]] = event["declared"]
        elif kind == "inventory":
            folded.inventory = frozenset(event["hosts"])
        elif kind == "verify":
            verify.add(event["verify"])
        else:
            _heard(known.setdefault(event["host"], _Host([], True)), event)
    folded.run["verify"] = weakest(verify)
    folded.run["complete"] = complete
    for host, entry in known.items():
        folded.hosts[host] = _entry(entry, declared, folded.declarations, complete=complete)
    return folded


def _group(groups: Sequence[list[str]], place: int) -> list[str]:
    return groups[place] if place < len(groups) else []


def weakest(levels: Iterable[str]) -> str:
    """Return the lowest verification level of all checked hosts of a report."""
    return min((level for level in levels if level in VERIFY_LEVELS), key=VERIFY_LEVELS.index, default=VERIFY_LEVELS[0])


def _heard(entry: _Host, event: Event) -> None:
    if event["event"] == "elsewhere":
        entry.lost = event
        return
    root, _bar, part = event["part"].partition("|")
    if event["event"] == "answer":
        if not part:
            # A result for the whole root replaces the earlier ones for its parts.
            for known in (entry.answers, entry.silences):
                for other in [each for each in known if each.startswith(f"{root}|")]:
                    del known[other]
        entry.answers[event["part"]] = event
        entry.silences.pop(event["part"], None)
    elif event["reason"] != "skipped" or event["part"] not in entry.answers:
        # A task that was skipped takes nothing back; one that failed does.
        entry.silences[event["part"]] = event
        entry.answers.pop(event["part"], None)


def _entry(
    host: _Host, declared: Mapping[str, Mapping[str, Any]], declarations: dict[str, dict[str, Any]], *, complete: bool
) -> dict[str, Any]:
    failures = [event for event in host.silences.values() if event["reason"] != "skipped"]
    if failures or not host.answers:
        return _unchecked(host, failures, complete=complete)
    answers = sorted(host.answers.values(), key=lambda event: event["at"])
    entry = {**unknown_host(), "checked": answers[-1]["at"], "groups": host.groups}
    wanted: dict[str, Any] = {"bundles": {}, "virtualenvs": {}}
    for event in answers:
        for key in ("platform", "generation"):
            entry[key] = event[key] if event[key] is not None else entry[key]
        entry["bundles"] = {**entry["bundles"], **event["bundles"]}
        entry["findings"] = [*entry["findings"], *event["findings"]]
        entry["foreign"] = [*entry["foreign"], *event["foreign"]]
        for name, part in declared.get(event["declared"], {}).items():
            wanted[name] = {**wanted.get(name, {}), **part}
    # The generation is that of the last answer, and so is what it is of.
    if isinstance(answers[-1].get("rollout"), str):
        entry["rollout"] = answers[-1]["rollout"]
    entry["declared"] = declaration_key(wanted)
    if entry["declared"] is not None:
        declarations.setdefault(entry["declared"], wanted)
    return entry


def _unchecked(host: _Host, failures: list[Event], *, complete: bool) -> dict[str, Any]:
    unchecked = next(reversed(failures), None) or host.lost or next(reversed(host.silences.values()), None)
    if unchecked is not None:
        return not_checked(unchecked["reason"], unchecked["message"], groups=host.groups)
    if not host.inside:
        return not_checked("outside_limit", groups=host.groups)
    return not_checked("not_reached", NOT_REACHED if complete else KILLED, groups=host.groups)
