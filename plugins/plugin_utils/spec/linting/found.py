# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collects what rules find in one specification, each with its place in the file; pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..formats.problem import Problem, Severity
from ..formats.specification import Specification


@dataclass
class Findings:
    """The findings of one specification, in the order of the file."""

    specification: Specification
    _found: dict[Problem, None] = field(default_factory=dict)

    def add(self, rule: str, message: str, *field_path: str | int, severity: Severity = "error") -> None:
        """Note a finding about a field, or about the file as a whole."""
        line, column = self.specification.place(*field_path)
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in field_path).removeprefix(".")
        self._found[Problem(rule, message, severity, line, column, name, self.specification.path)] = None

    def in_order(self) -> list[Problem]:
        """Return the findings by line."""
        return sorted(self._found, key=lambda problem: (problem.line, problem.column))
