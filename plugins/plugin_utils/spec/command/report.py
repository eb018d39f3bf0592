# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the subcommands print, as text for people or JSON for programs, and the exit code that follows from it."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.printable import printable, printable_lines
from ..formats.problem import Problem, Unreadable

GOOD, FOUND, UNUSABLE = 0, 1, 2
Result = TypeVar("Result")


@dataclass
class Report:
    """Collects over several files, so that all problems are shown at once."""

    problems: list[Problem] = field(default_factory=list)
    unreadable: bool = False
    failed: bool = False

    def attempt(self, path: str, action: Callable[[], Result]) -> Result | None:
        """Return what an action returns, or None after noting why it could not."""
        try:
            return action()
        except Unreadable as error:
            self.unreadable = True
            self.problems += error.found
        except HermeticError as error:
            self.failed = True
            self.problems.append(
                Problem("failed", "\n".join([error.message, *(f"  - {problem}" for problem in error.problems)]), path=path)
            )
        return None

    @property
    def code(self) -> int:
        """The exit code: 2 before 1 before 0; what is only worth knowing counts as nothing."""
        if self.unreadable:
            return UNUSABLE
        return FOUND if self.failed or any(problem.severity != "info" for problem in self.problems) else GOOD


def print_json(value: Any) -> None:
    """Print a document; nothing in it acts on a terminal, since all but ASCII is escaped."""
    sys.stdout.write(json.dumps(value, indent=2, sort_keys=True) + "\n")


def print_lines(lines: Iterable[object]) -> None:
    """Print lines of text, with what would act on a terminal escaped."""
    for line in lines:
        sys.stdout.write(f"{printable_lines(line)}\n")


def print_problems(problems: Sequence[Problem]) -> None:
    """Print problems for people, to the stream for errors: one line each, and below it what the message lists."""
    for problem in problems:
        first, *more = problem.message.split("\n")
        head = dataclasses.replace(problem, message=first)
        sys.stderr.write("".join(f"{line}\n" for line in (str(head), *map(printable, more))))
