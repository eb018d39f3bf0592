# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a specification in TOML declares: PEP 723 blocks and vpython.toml. Others are not read on a host; their lock names them by digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import HermeticError
from ..text.grammar import shown
from .pinned import NotForThisPython
from .question import TOML_KINDS, Question
from .this_python import full_version, is_for_this_python
from .toml_text import parse_toml

if TYPE_CHECKING:
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet


@dataclass(frozen=True)
class Declared:
    """The dependencies of a program, as far as they are for this Python."""

    dependencies: tuple[Requirement, ...]


def declared_by(question: Question) -> Declared | None:
    """Return what the specification declares, None where it is not in TOML; raises HermeticError with every problem in it."""
    if question.kind not in TOML_KINDS:
        return None
    try:
        document = parse_toml(question.text)
    except ValueError as error:
        raise HermeticError(f"The specification in {question.subject} is not TOML: {error}") from error
    problems: list[str] = []
    python = _python(document, problems)
    dependencies = _dependencies(document, problems)
    if problems:
        raise HermeticError(f"The specification in {question.subject} is invalid.", problems)
    if python is not None and not python.contains(full_version(), prereleases=True):
        raise NotForThisPython(str(python), question.subject)
    applying = []
    for each in dependencies:
        try:
            if is_for_this_python(each.marker):
                applying.append(each)
        except ValueError as error:
            problems.append(f"{shown(str(each))}: {error}")
    if problems:
        raise HermeticError(f"The specification in {question.subject} is invalid.", problems)
    return Declared(tuple(applying))


def _python(document: dict[str, Any], problems: list[str]) -> SpecifierSet | None:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    python = document.get("requires-python")
    if python is None:
        return None
    try:
        return SpecifierSet(python)
    except (InvalidSpecifier, ValueError, TypeError, AttributeError):
        problems.append(f"requires-python is {shown(python)}; expected a specifier such as '>=3.11'")
        return None


def _dependencies(document: dict[str, Any], problems: list[str]) -> list[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    given = document.get("dependencies", [])
    if not isinstance(given, list):
        problems.append(f"dependencies is {shown(given)}; expected a list of requirements")
        return []
    found = []
    for each in given:
        try:
            found.append(Requirement(each))
        except (InvalidRequirement, ValueError, TypeError, AttributeError, RecursionError):
            problems.append(f"dependencies holds {shown(each)}; expected a requirement such as 'requests>=2.31'")
    return found
