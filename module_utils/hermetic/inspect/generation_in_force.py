# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which generation is in force, also where its record, or the link to it, is lost or was changed by somebody else; changes nothing."""

from __future__ import annotations

from dataclasses import replace

from ..findings.finding import INTERRUPTED, TAMPERED, Cause, Finding
from ..findings.tree_findings import store_finding
from ..fs import links
from ..generations import profile
from ..model.layout import Layout
from ..model.receipts import Generation, Records
from ..paths import WINDOWS
from ..planning.observation import Observation


def in_force(layout: Layout, records: Records) -> Generation | None:
    """Return the generation that an observation takes for the one in force, without inspecting anything of it."""
    begun = profile.never_in_force(layout, records)
    known = {number: each for number, each in records.generations.items() if number != begun}
    return find_in_force(layout, Observation(records=replace(records, generations=known)))


def find_in_force(layout: Layout, observation: Observation) -> Generation | None:
    """Return the generation in force, be it that its record or the link to it is lost; adds what is wrong with either to the observation."""
    records = observation.records
    number, recorded = profile.current_number(layout), profile.recorded_number(layout)
    if number is not None and recorded not in (None, number) and recorded in records.generations and not layout.transaction_marker.exists():
        # A switch writes both, under a transaction marker that stays when it is cut off: the link was turned by somebody else.
        _report_switch(layout, observation, records.generations[recorded])
        return records.generations[recorded]
    if number is not None and number in records.generations:
        # A run was cut off between the link and the record of the switch: the record is written again, or the next run would call it turned.
        observation.profile_broken = observation.profile_broken or (recorded not in (None, number) and recorded in records.generations)
        return records.generations[number]
    if number is not None:
        found = profile.read_back(layout, number, records)
        if found is not None:
            observation.profile_broken = True
            record = layout.generation_records / f"{number}.json"
            if str(record) not in records.unreadable:
                remedy = "Converge to write it again."
                observation.findings.append(
                    Finding(
                        subject="generation",
                        kind="missing",
                        severity="high",
                        cause=TAMPERED,
                        expected=f"the record of generation {number}",
                        actual=None,
                        path=f"state/generations/{number}.json",
                        remedy=remedy,
                    )
                )
            return found
    last = records.generations.get(recorded) if recorded is not None else None
    last = last or (_last_in_force(layout, records) if records.generations else None)
    if last is not None:
        _report_switch(layout, observation, last)
    return last


def _last_in_force(layout: Layout, records: Records) -> Generation | None:
    """Return the newest generation whose profile is there, where neither the link nor the record of the last switch says which it was."""
    for number in sorted(records.generations, reverse=True):
        if (layout.generations / str(number)).is_dir():
            return records.generations[number]
    return None


def _report_switch(layout: Layout, observation: Observation, current: Generation) -> None:
    target = links.read(layout.current)
    # A run that was cut off between the first record and the first switch leaves records and no link; the transaction marker distinguishes it.
    cause: Cause = INTERRUPTED if target is None and layout.transaction_marker.exists() else TAMPERED
    observation.profile_broken = True
    observation.findings.append(
        Finding(
            subject="generation",
            kind="missing" if target is None else "link",
            severity="high",
            cause=cause,
            expected=f"a link to generation {current.number}",
            actual=f"link to {target}" if target else None,
            path="current",
            remedy="Converge, or activate a generation.",
        )
    )


def check_record_of_switch(layout: Layout, observation: Observation) -> None:
    """Add a finding where the record of the last switch cannot be read."""
    reason = profile.unreadable_switch(layout)
    if reason is not None:
        observation.profile_broken = observation.profile_broken or WINDOWS
        observation.leftovers.append(layout.in_force)
        observation.findings.append(
            store_finding(kind="modified", cause=TAMPERED, expected="a readable record", actual=reason, path="state/current.json")
        )
