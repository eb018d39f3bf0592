# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One thing that is wrong with a specification or its lock, and where; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.printable import printable

Severity = Literal["error", "warning", "info"]
# Whoever has more is helped by none of them.
MOST_PROBLEMS = 200
_LONGEST_FIELD = 80


@dataclass(frozen=True)
class Problem:
    """A rule that a specification does not follow; lines and columns count from 1, and 0 means the file as a whole."""

    rule: str
    message: str
    severity: Severity = "error"
    line: int = 0
    column: int = 0
    field: str = ""
    path: str = ""

    def __str__(self) -> str:
        place = ":".join([self.path or "-", *(str(number) for number in (self.line, self.column) if number)])
        short = self.field if len(self.field) <= _LONGEST_FIELD else f"{self.field[:_LONGEST_FIELD]}…"
        field = f"{short}: " if self.field else ""
        return printable(f"{place}: {self.severity}[{self.rule}]: {field}{self.message}")

    def moved(self, *, path: str, lines: int, columns: int) -> Problem:
        """Return the same problem of a text that begins further down in a file, with a prefix before each of its lines."""
        return dataclasses.replace(
            self, path=path, line=self.line + lines if self.line else 0, column=self.column + columns if self.column else 0
        )

    def as_json(self) -> dict[str, Any]:
        """Return the problem as a document for programs."""
        found: dict[str, Any] = {"path": self.path, "rule": self.rule, "severity": self.severity, "message": self.message}
        return found | {key: value for key in ("line", "column", "field") if (value := getattr(self, key))}


class Unreadable(HermeticError):
    """Raised when a text is no specification; ``found`` are all problems that were found in it."""

    def __init__(self, found: Iterable[Problem]) -> None:
        every = tuple(found)
        self.found = every[:MOST_PROBLEMS]
        places = sorted({problem.path for problem in self.found if problem.path})
        more = f"; only the first {MOST_PROBLEMS} problems of {len(every)} are listed" if len(every) > MOST_PROBLEMS else ""
        subject = ", ".join(places) or "The specification"
        super().__init__(f"{subject} cannot be read{more}", [str(problem) for problem in self.found])

    def moved(self, *, path: str, lines: int, columns: int) -> Unreadable:
        """Return the same error for the file that the text is from."""
        return Unreadable(problem.moved(path=path, lines=lines, columns=columns) for problem in self.found)
