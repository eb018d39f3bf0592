# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a roll-out goes on after a wave: how many of its hosts are bad, and how many may be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.counting import counted
from .outcome import BAD

_LIMIT = re.compile(r"([0-9]{1,9})(%?)")
_NAMED_AT_MOST = 10


@dataclass(frozen=True)
class Verdict:
    """Whether the next wave may begin, and in words why not."""

    passed: bool
    reason: str
    bad: tuple[str, ...]


def allowed(limit: object, *, hosts: int) -> int:
    """Return how many of a number of hosts may be bad; a percentage is rounded down, so that 10 % of five hosts is none."""
    found = _LIMIT.fullmatch(str(limit).strip()) if isinstance(limit, (int, str)) and not isinstance(limit, bool) else None
    if found is None or (found[2] and int(found[1]) > 100):
        raise HermeticError(f"How many hosts of a wave may be bad is {limit!r}; expected a number of hosts, or a percentage such as 5%.")
    return hosts * int(found[1]) // 100 if found[2] else int(found[1])


def judge(known: Mapping[str, Mapping[str, Any]], *, limit: object, wave: int, lost: Iterable[str] = ()) -> Verdict:
    """Return the verdict on a wave from what became of each of its hosts; a host of which nothing is known counts as bad.

    ``lost`` are those that the play went on without, whatever is known of them.
    """
    outcomes = {**known, **{host: {} for host in lost}}
    most = allowed(limit, hosts=len(outcomes))
    bad = tuple(host for host in sorted(outcomes) if outcomes[host].get("state", BAD[0]) in BAD)
    if len(bad) <= most:
        return Verdict(True, "", bad)
    states = {state: sum(outcomes[host].get("state") == state for host in bad) for state in BAD}
    parts = ", ".join(f"{number} {state}" for state, number in states.items() if number) or "nothing is known of them"
    named = ", ".join(bad[:_NAMED_AT_MOST]) + (f" and {len(bad) - _NAMED_AT_MOST} more" if len(bad) > _NAMED_AT_MOST else "")
    return Verdict(False, f"Wave {wave}: {len(bad)} of {counted(len(outcomes), 'host')} ({parts}; at most {most} may be): {named}", bad)
