# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a run that could not be reached: as patterns for the plays that follow, and in words for the end of the run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...module_utils.hermetic.text.counting import counted
from ...module_utils.hermetic.text.printable import printable

CALLBACK = "hermetic.python.unreachable_hosts"
FAILED, UNREACHABLE = 2, 4
"""Ansible's own exit statuses."""
_MESSAGE = 300
# Another name could mean something as a pattern. Its host stays in the batches, where it is passed over.
_PLAIN = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Unreachable:
    """How a host was lost."""

    host: str
    task: str
    message: str
    planning: bool
    """Whether the task would have changed nothing."""


class Lost:
    """What the callback has noted in this process; plays are read in the same one."""

    hosts: dict[str, Unreachable] = {}  # noqa: RUF012
    passed_over: set[str] = set()  # noqa: RUF012
    """Hosts that the play goes on without (ignore_unreachable); Ansible counts them as reached."""

    @classmethod
    def reached_after_all(cls, host: str) -> None:
        """Forget a host that a later task brought to its state."""
        cls.hosts.pop(host, None)
        cls.passed_over.discard(host)


def patterns(which: str, terms: list[str]) -> list[str]:
    """Return the terms themselves, what is left of these patterns without hosts that were lost, or the hosts that were passed over."""
    if which == "others":
        return [*terms, *(f"!{host}" for host in Lost.hosts if _PLAIN.fullmatch(host))]
    if which == "passed_over":
        # No pattern at all would mean all hosts.
        return [host for host in sorted(Lost.passed_over) if _PLAIN.fullmatch(host)] or ["all", "!all"]
    return list(terms)


def named(lost: dict[str, Unreachable]) -> Iterator[str]:
    """Give the lines that name every host that was lost, and what is known of it."""
    before = [each for each in lost.values() if each.planning]
    midway = [each for each in lost.values() if not each.planning]
    if before:
        yield f"NOT DONE, {counted(len(before), 'host')} could not be reached, so {_was(len(before))} left out; nothing was changed there:"
        yield from map(_line, before)
    if midway:
        yield f"NOT DONE, {counted(len(midway), 'host')} could not be reached when {_was(len(midway))} to be changed; what is there now is not known:"
        yield from map(_line, midway)


def _line(each: Unreachable) -> str:
    message = printable(" ".join(each.message.split()))
    return f"  {printable(each.host)} ({printable(each.task)}): {message[:_MESSAGE]}{'…' if len(message) > _MESSAGE else ''}"


def _was(number: int) -> str:
    return "it was" if number == 1 else "they were"
