# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What follows checks that failed after a switch: the way back to the generation before, and the error that says what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import CheckFailed, HermeticError
from ..model.layout import Layout
from ..model.receipts import Generation
from ..os_errors import explain
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..process.check_run import CheckEnd
from ..records import transaction_marker
from ..text.counting import counted
from .checking import Checking
from .progress import Progress
from .switch_back import damaged, leave, not_there


def switched_back(
    failed: Sequence[CheckEnd],
    target: Generation,
    *,
    plan: Plan,
    observation: Observation,
    layout: Layout,
    checking: Checking,
    progress: Progress,
) -> CheckFailed:
    """Switch back from a generation whose checks failed after the switch, and return the error of the run."""
    facts: dict[str, Any] = {
        "switched_back": False,
        "generation": sides(observation.current, target),
        "failed_generation": target.number,
        "checks": checking.facts(),
    }
    problems = [end.sentence for end in failed]
    number = counted(len(failed), "check")
    if target is observation.current and observation.unproved is None:
        message = f"{number} failed after generation {target.number} was repaired, which was in force before and stays so."
        return CheckFailed(message, problems, facts)
    what = f"{number} failed after the switch to generation {target.number}"
    previous, lost = _previous(target, observation)
    if previous is not None and not lost:
        lost = not_there(layout, previous, observation.records)
    if lost:
        earlier = previous.number if previous is not None else target.previous
        message = f"{what}, which stays in force: generation {earlier}, to go back to, is not on this host any more ({', '.join(lost)})."
        return CheckFailed(message, problems, facts)
    progress(f"switch back to generation {previous.number}" if previous is not None else "take the first switch back")
    try:
        checking.warnings += leave(layout, target, previous, observation.records)
        transaction_marker.end(layout)
    except (OSError, HermeticError) as error:
        reason = explain(error, str(layout.current)) if isinstance(error, OSError) else error
        message = f"{what}, and it could not be switched back completely: {reason} Converge to end it."
        return CheckFailed(message, problems, facts)
    outcome = "nothing is in force, as before the first switch"
    if previous is not None:
        outcome = f"generation {previous.number} is in force again"
        wrong = damaged(previous, observation, plan)
        if wrong:
            outcome += f", which was not as it was installed when this run began ({', '.join(wrong)}); converge to the earlier declaration to repair it"
    return CheckFailed(
        f"{what}; it was switched back: {outcome}.", problems, {**facts, "switched_back": True, "generation": sides(previous)}
    )


def sides(before: Generation | None, *after: Generation | None) -> dict[str, int | None]:
    """Return the generation in force before and afterwards, the same where no other is given."""
    numbers = [each.number if each is not None else None for each in (before, *after)]
    return {"before": numbers[0], "after": numbers[-1]}


def _previous(target: Generation, observation: Observation) -> tuple[Generation | None, list[str]]:
    """Return the generation to go back to, None where there was none, and what is lost of one that is not there."""
    if target is not observation.current:
        return observation.current, []
    if target.previous is None:
        return None, []
    found = observation.records.generations.get(target.previous)
    return found, [] if found is not None else [f"state/generations/{target.previous}.json is not there"]
