# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``vpython.toml`` and the content of a PEP 723 block: requirements in TOML, to values and back; pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from typing import Any

from ....module_utils.hermetic.text.grammar import shown
from ....module_utils.hermetic.vpython.this_python import is_for_this_python
from .problem import Problem, Unreadable
from .specification import FieldPath, Position, Requirements

PYTHON, DEPENDENCIES, TOOL = "requires-python", "dependencies", "tool"
KEYS = (PYTHON, DEPENDENCIES, TOOL)
# Whoever requires more is told the line of the list only.
_MOST_LOCATED = 1000
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parse_toml_form(text: str, *, may_be_empty: bool) -> tuple[Requirements, Mapping[FieldPath, Position]]:
    """Return what the text says and where it says it; raises Unreadable with everything that was found wrong.

    ``may_be_empty``: a block may hold nothing, a file that says neither which Python nor which packages is most likely another tool's.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unreadable([_syntax(str(error), text)]) from error
    except RecursionError as error:
        raise Unreadable([Problem("syntax", "it is nested too deeply")]) from error
    except ValueError as error:  # a number with more digits than Python reads, a date that is none
        raise Unreadable([Problem("syntax", f"it holds a value that is none: {error}")]) from error
    positions = _positions(text, document)
    problems = [
        Problem(rule, message, line=line, column=column, field=_named(path))
        for rule, path, message in _problems(document)
        for line, column in [_nearest(positions, path)]
    ]
    if not problems and not may_be_empty and not document.get(PYTHON) and DEPENDENCIES not in document:
        problems.append(Problem("empty", f"it says neither {PYTHON} nor {DEPENDENCIES}; a specification says at least one of them"))
    if problems:
        raise Unreadable(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    unknown = tuple(key for key in document if key not in KEYS)
    return Requirements(document.get(PYTHON), tuple(document.get(DEPENDENCIES, ())), document.get(TOOL, {}), unknown), positions


def render_toml_form(content: Requirements) -> str:
    """Return TOML that says the same."""
    import tomli_w

    return tomli_w.dumps(content.as_json())


def _problems(document: Mapping[str, Any]) -> list[tuple[str, FieldPath, str]]:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    found: list[tuple[str, FieldPath, str]] = []
    python = document.get(PYTHON)
    if python is not None and not isinstance(python, str):
        found.append(("requires-python-invalid", (PYTHON,), f"it is {shown(python)}; expected a text such as '>=3.11'"))
    elif python is not None:
        try:
            SpecifierSet(python)
        except (InvalidSpecifier, ValueError):
            found.append(("requires-python-invalid", (PYTHON,), f"{shown(python)} is no version specifier; expected one such as '>=3.11'"))
    dependencies = document.get(DEPENDENCIES, [])
    if not isinstance(dependencies, list):
        found.append(("requirement-invalid", (DEPENDENCIES,), f"it is {shown(dependencies)}; expected a list of requirements"))
        dependencies = []
    for number, dependency in enumerate(dependencies):
        path = (DEPENDENCIES, number)
        if not isinstance(dependency, str):
            found.append(("requirement-invalid", path, f"it is {shown(dependency)}; expected a text such as 'requests>=2.31'"))
            continue
        try:
            # One that this Python cannot evaluate, none can: it asks for a value that there is not, or compares what cannot be compared.
            is_for_this_python(Requirement(dependency).marker)
        except (InvalidRequirement, ValueError, RecursionError) as error:
            reason = str(error).splitlines()[0] if str(error) else "it is nested too deeply"
            found.append(("requirement-invalid", path, f"{shown(dependency)} is no requirement: {reason}"))
    if not isinstance(document.get(TOOL, {}), dict):
        found.append(("field-invalid", (TOOL,), f"it is {shown(document[TOOL])}; expected a table"))
    return found


def _syntax(message: str, text: str) -> Problem:
    place = _PLACE.search(message)
    reason = _PLACE.sub("", message)
    if place is None or place[1] is None:
        last = text.removesuffix("\n").split("\n")
        return Problem("syntax", f"it is not TOML: {reason}", line=len(last), column=len(last[-1]) + 1 if place else 0)
    return Problem("syntax", f"it is not TOML: {reason}", line=int(place[1]), column=int(place[2]))


def _positions(text: str, document: Mapping[str, Any]) -> dict[FieldPath, Position]:
    """Return where keys and requirements stand, as far as the text shows it: TOML's reader does not say."""
    found: dict[FieldPath, Position] = {}
    lines = text.split("\n")
    for key in document:
        pattern = re.compile(rf"""^\s*(?:\[\s*)?(["']?){re.escape(key)}\1\s*[=.\]]""")
        for number, line in enumerate(lines):
            if pattern.match(line):
                found[key,] = (number + 1, len(line) - len(line.lstrip()) + 1)
                break
    dependencies = document.get(DEPENDENCIES)
    if not isinstance(dependencies, list) or len(dependencies) > _MOST_LOCATED:
        return found
    at = found.get((DEPENDENCIES,), (1, 1))[0] - 1
    column = 0
    for index, dependency in enumerate(dependencies):
        if not isinstance(dependency, str):
            continue
        for number in range(at, len(lines)):
            begin = min(
                (lines[number].find(f"{quote}{dependency}{quote}", column if number == at else 0) for quote in "\"'"), key=_last_if_missing
            )
            if begin >= 0:
                found[DEPENDENCIES, index] = (number + 1, begin + 1)
                at, column = number, begin + len(dependency) + 2
                break
    return found


def _last_if_missing(place: int) -> float:
    return float("inf") if place < 0 else place


def _nearest(positions: Mapping[FieldPath, Position], path: FieldPath) -> Position:
    return next((positions[path[:length]] for length in range(len(path), 0, -1) if path[:length] in positions), (0, 0))


def _named(path: FieldPath) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else str(part) for part in path)
