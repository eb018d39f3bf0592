# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an index says of the roll-outs of a bundle, for all who take part in them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from ...module_utils.hermetic.text.grammar import is_number, name_problem, release_problem, shown

ROLLOUTS = "rollouts"
"""Where a bundle of an index has them, by their names. Earlier releases of the collection read past it."""
RUNNING, HALTED, COMPLETED = STATES = ("running", "halted", "completed")
STAGED = ("channel", "release", "percent", "before")
"""What a staged roll-out has besides: a channel, the release that hosts take instead of what it names, how many do, and what it named."""
LONGEST_REASON = 500
MOST_RUNS = 1000
TIME = "%Y-%m-%dT%H:%M:%SZ"
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_RUN = re.compile(r"[0-9a-f]{12}")

Record = Mapping[str, Any]


def rollout_path(bundle: str, rollout: str) -> str:
    """Return the path by which roles are allowed to write a record, as if it were a file of the repository."""
    return f"bundles/{bundle}/{ROLLOUTS}/{rollout}"


def run_problem(run: object) -> str | None:
    """Return why something is not the identifier of one of the runs that share a roll-out."""
    return None if isinstance(run, str) and _RUN.fullmatch(run) else "expected 12 hexadecimal digits"


def time_problem(text: object) -> str | None:
    """Return why something is not a time of a record."""
    expected = "expected a time such as 2026-11-26T21:00:00Z"
    if not isinstance(text, str) or not _TIME.fullmatch(text):
        return expected
    try:
        datetime.strptime(text, TIME).replace(tzinfo=UTC)
    except ValueError:
        return f"there is no such time; {expected}"
    return None


def rollout_problems(bundle: str, records: object) -> Iterator[str]:
    """Yield everything that is wrong with the records of a bundle."""
    if records is None:
        return
    if not isinstance(records, Mapping):
        yield f"the roll-outs of {bundle} are {shown(records)}; expected an object"
        return
    for name, record in records.items():
        if problem := name_problem(name):
            yield f"roll-out {shown(name)} of {bundle}: {problem}"
        elif not isinstance(record, Mapping):
            yield f"roll-out {name} of {bundle} is {shown(record)}; expected an object"
        else:
            yield from (f"roll-out {name} of {bundle}: {problem}" for problem in _problems(record))


def _problems(record: Record) -> Iterator[str]:
    if record.get("state") not in STATES:
        yield f"its state is {shown(record.get('state'))}; expected one of {', '.join(STATES)}"
    if problem := time_problem(record.get("since")):
        yield f"since is {shown(record.get('since'))}; {problem}"
    reason = record.get("reason", "")
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        yield f"its reason is {shown(reason)}; expected a text of at most {LONGEST_REASON} characters"
    if not is_number(record.get("runs", 1), least=1, most=MOST_RUNS):
        yield f"its number of runs is {shown(record.get('runs'))}; expected 1 to {MOST_RUNS}"
    done = record.get("done", [])
    if not isinstance(done, list) or len(done) > MOST_RUNS or any(run_problem(run) for run in done):
        yield f"its list of runs that are done is {shown(done)}; expected identifiers of at most {MOST_RUNS} runs"
    if any(key in record for key in STAGED):
        yield from _staged_problems(record)


def _staged_problems(record: Record) -> Iterator[str]:
    for key in ("release", "before"):
        if problem := release_problem(record.get(key)):
            yield f"its {key} is {shown(record.get(key))}; {problem}"
    if problem := name_problem(record.get("channel")):
        yield f"its channel is {shown(record.get('channel'))}; {problem}"
    if not is_number(record.get("percent"), least=1, most=100):
        yield f"its percentage is {shown(record.get('percent'))}; expected 1 to 100"
