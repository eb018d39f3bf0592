# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""hermetic-spec verify: whether every wheel exists on every platform, with the hash of the lock."""

from __future__ import annotations

import argparse

from ....module_utils.hermetic.text.counting import counted
from ..verifying.verification import Verification, verify
from ..verifying.wheels import Places
from .inputs import Inputs, specification_of
from .report import Report, print_json, print_lines, print_problems


def verify_files(arguments: argparse.Namespace) -> int:
    """Verify each file."""
    report = Report()
    inputs = Inputs(arguments)
    results: list[Verification] = []
    for path in arguments.files:
        done = report.attempt(path, lambda path=path: _verify(path, arguments, inputs))  # type: ignore[misc]
        if done is not None:
            results.append(done)
            report.problems += done.problems
    if arguments.json:
        verified = [
            {"path": each.path, "platforms": list(each.platforms), "wheels": each.wheels, "good": not each.serious} for each in results
        ]
        print_json({"verified": verified, "problems": [problem.as_json() for problem in report.problems]})
    else:
        print_lines(_line(each) for each in results)
        print_problems(report.problems)
    return report.code


def _verify(path: str, arguments: argparse.Namespace, inputs: Inputs) -> Verification:
    specification = specification_of(path, program=arguments.program)
    places = Places(inputs.repository, None if arguments.no_index else inputs.supply.offers)
    return verify(specification, asked=inputs.asked, supply=inputs.supply, places=places)


def _line(result: Verification) -> str:
    platforms = ", ".join(result.platforms) or "no platform"
    return (
        f"{result.path}: {'verified' if not result.serious else counted(len(result.serious), 'problem')}, "
        f"{counted(result.wheels, 'wheel')} for {platforms}"
    )
