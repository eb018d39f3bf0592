# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""hermetic-spec lint: everything that is wrong with specifications and their locks."""

from __future__ import annotations

import argparse

from ....module_utils.hermetic.text.counting import counted
from ..formats.problem import Problem
from ..linting.linting import lint_specification
from .inputs import Inputs, specification_of
from .report import Report, print_json, print_lines, print_problems


def lint(arguments: argparse.Namespace) -> int:
    """Print the findings of all files."""
    report = Report()
    inputs = Inputs(arguments)
    for path in arguments.files:
        specification = report.attempt(path, lambda path=path: specification_of(path, program=arguments.program))  # type: ignore[misc]
        if specification is None:
            continue
        candidates = None if arguments.offline else inputs.supply.offers
        found = report.attempt(path, lambda: lint_specification(specification, candidates=candidates))  # noqa: B023
        report.problems += found or []
    if arguments.json:
        print_json([problem.as_json() for problem in report.problems])
    else:
        print_problems(report.problems)
        _summary(report.problems, len(arguments.files))
    return report.code


def _summary(problems: list[Problem], files: int) -> None:
    errors, warnings = (sum(problem.severity == severity for problem in problems) for severity in ("error", "warning"))
    print_lines([f"{counted(files, 'file')}, {counted(errors, 'error')}, {counted(warnings, 'warning')}"])
