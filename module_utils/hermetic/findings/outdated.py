# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Processes that run from trees which are not in force any more, as results and findings carry them; pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from .finding import OUTDATED_PROCESS, PENDING, Finding

MOST = 200
"""So many processes are listed; of more, the number is."""
_EXAMPLES = 3

State = Literal["older", "replaced", "removed"]
"""Still on the host; reinstalled since, under the same name; no longer on the host."""


@dataclass(frozen=True)
class OutdatedTree:
    """One tree, relative to the root, that a process runs from, and what its name stands for now."""

    subject: str
    tree: str
    release: str | None
    state: State
    generations: tuple[int, ...]
    in_force: str | None


@dataclass(frozen=True)
class OutdatedProcess:
    """A process with the outdated trees that it runs from."""

    pid: int
    user: str
    since: str | None
    command: str
    trees: tuple[OutdatedTree, ...]

    def line(self) -> str:
        """Return the process as findings name it."""
        since = f" since {self.since}" if self.since else ""
        return f"pid {self.pid}{since} {self.command}"


@dataclass(frozen=True)
class Outdated:
    """The outdated processes of a root, and how many processes of the host could not be examined."""

    processes: tuple[OutdatedProcess, ...]
    unknown: int = 0
    hides_others: bool = False

    @property
    def complete(self) -> bool:
        """Whether every process of the host was examined."""
        return not self.unknown and not self.hides_others

    def as_dict(self) -> dict[str, Any]:
        """Return the part ``processes`` of a result."""
        return {
            "outdated": [
                {
                    "pid": each.pid,
                    "user": each.user,
                    "since": each.since,
                    "command": each.command,
                    "trees": [{**tree.__dict__, "generations": list(tree.generations)} for tree in each.trees],
                }
                for each in self.processes[:MOST]
            ],
            "number": len(self.processes),
            "unknown": self.unknown,
            "complete": self.complete,
        }

    def incomplete(self) -> str | None:
        """Return what could not be examined, as a sentence, or None."""
        if self.complete:
            return None
        what = "Processes of other users are hidden from this user (hidepid)" if self.hides_others else _could_not(self.unknown)
        return f"{what}, so older bundles and VirtualEnvs may be running unseen. {_AS_ROOT}"


_AS_ROOT = "Run the task as root (become), or as an administrator on Windows."


def _could_not(number: int) -> str:
    return f"{number} {'process' if number == 1 else 'processes'} could not be examined"


def outdated_findings(outdated: Outdated) -> list[Finding]:
    """Return one finding for each tree that something still runs from, and one where not everything could be examined.

    A process of an outdated VirtualEnv is not counted again for the bundle that this VirtualEnv is on.
    """
    groups: dict[OutdatedTree, list[OutdatedProcess]] = {}
    for process in outdated.processes:
        environments = [tree for tree in process.trees if tree.subject.startswith("virtualenv:")]
        for tree in environments or process.trees:
            groups.setdefault(tree, []).append(process)
    found = [_finding(tree, processes) for tree, processes in sorted(groups.items(), key=lambda item: (item[0].subject, item[0].tree))]
    if not outdated.complete:
        actual = "those of other users are hidden" if outdated.hides_others else _could_not(outdated.unknown)
        found.append(
            Finding(
                subject="processes",
                kind=OUTDATED_PROCESS,
                severity="low",
                cause=PENDING,
                expected="every process examined",
                actual=actual,
                path=None,
                remedy=_AS_ROOT,
            )
        )
    return found


def _finding(tree: OutdatedTree, processes: Sequence[OutdatedProcess]) -> Finding:
    users = ", ".join(sorted({process.user or "an unknown user" for process in processes})[:_EXAMPLES])
    number = "1 process" if len(processes) == 1 else f"{len(processes)} processes"
    shown = "; ".join(process.line() for process in processes[:_EXAMPLES])
    return Finding(
        subject=tree.subject,
        kind=OUTDATED_PROCESS,
        severity="medium",
        cause=PENDING,
        expected=tree.in_force,
        # What hosts have in common comes first: reports show no more of it where hosts share a line.
        actual=f"{number} of {users}: {shown}{'; …' if len(processes) > _EXAMPLES else ''}",
        path=tree.tree,
        remedy="Restart what runs from it. To have that done with each change, declare it: restart or notify.",
    )
