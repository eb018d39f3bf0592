# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""hermetic-spec lock: writes the lock of each specification, or says whether it is current."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.text.counting import counted
from ..formats.problem import Problem
from ..formats.specification import Specification
from ..locking.currency import currency_problems, record_of, served
from ..locking.lock_place import lock_path
from ..locking.locking import make_lock, requirements_of, write_lock
from ..locking.reading import read_lock_of
from ..locking.targets import Asked, targets_of
from .inputs import Inputs, specification_of
from .report import Report, print_json, print_lines, print_problems


def lock(arguments: argparse.Namespace) -> int:
    """Lock each file, or check its lock."""
    report = Report()
    inputs = Inputs(arguments)
    documents: list[dict[str, Any]] = []
    for path in arguments.files:
        specification = report.attempt(path, lambda path=path: specification_of(path, program=arguments.program))  # type: ignore[misc]
        if specification is None:
            continue
        action = _check if arguments.check else _lock
        done = report.attempt(path, lambda: action(specification, arguments, inputs, report))  # noqa: B023
        if done is not None:
            documents.append(done)
    if arguments.json:
        print_json({"locks": documents, "problems": [problem.as_json() for problem in report.problems]})
    else:
        print_lines(_line(document) for document in documents)
        print_problems(report.problems)
    return report.code


def _lock(specification: Specification, arguments: argparse.Namespace, inputs: Inputs, report: Report) -> dict[str, Any]:
    path = lock_path(specification.path)
    made = make_lock(specification, path=path, asked=inputs.asked, sources=inputs.sources, upgrade=arguments.upgrade)
    written = write_lock(made, force=arguments.force)
    report.problems += [Problem("lock", warning, "info", path=str(path)) for warning in made.warnings]
    return {
        "path": specification.path,
        "lock": str(path),
        "written": written,
        "packages": made.packages,
        "platforms": list(made.record.platforms),
        "pythons": list(made.record.pythons),
    }


def _check(specification: Specification, arguments: argparse.Namespace, _inputs: Inputs, report: Report) -> dict[str, Any]:
    found = read_lock_of(specification)
    problems: list[Problem] = []
    if found is None:
        if not specification.is_empty:
            message = f"it is not locked; lock it: hermetic-spec lock {specification.path}"
            problems.append(Problem("lock-missing", message, path=specification.path))
    else:
        found.check()
        content = requirements_of(specification)
        targets = targets_of(content, Asked(tuple(arguments.platform), tuple(arguments.python)), recorded=record_of(found))
        problems += currency_problems(specification, content, found, served(found, targets))
    report.problems += problems
    return {"path": specification.path, "lock": str(found.path if found else Path(lock_path(specification.path))), "current": not problems}


def _line(document: dict[str, Any]) -> str:
    if "current" in document:
        return f"{document['lock']}: {'current' if document['current'] else 'not current'}"
    what = "written" if document["written"] else "unchanged"
    return f"{document['lock']}: {what}, {counted(document['packages'], 'package')} for {', '.join(document['platforms'])}"
