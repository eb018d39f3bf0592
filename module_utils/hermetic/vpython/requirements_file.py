# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of the form requirements with hashes (``<specification>.uv.lock``): read strictly, and compared with what is declared."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import HermeticError
from ..text.grammar import shown
from .pinned import PinnedWheel
from .question import Question
from .requirement_lines import is_harmless, logical_lines, pin_of, shortened, split_options
from .this_python import is_for_this_python
from .toml_specification import Declared


@dataclass(frozen=True)
class _Pin:
    name: str
    version: str
    digests: tuple[str, ...]


def wheels_of_requirements(question: Question, declared: Declared | None) -> list[PinnedWheel]:
    """Return what the lock pins for this Python; raises HermeticError with everything that is not pinned, or not as it is declared."""
    from packaging.utils import canonicalize_name

    again = f"Lock again with 'hermetic-spec lock {question.file}'."
    problems: list[str] = []
    pins: dict[str, _Pin] = {}
    try:
        text = question.lock.decode("utf-8")
    except ValueError as error:
        raise HermeticError(f"The lock {question.lock_file} is no UTF-8 text: {error}. {again}") from error
    for number, line in logical_lines(text):
        pin = _pin(line, f"line {number}", problems)
        if pin is not None and pins.setdefault(pin.name, pin) != pin:
            problems.append(f"line {number}: {pin.name} is pinned twice for this Python; leave one")
    if problems:
        raise HermeticError(f"The lock {question.lock_file} does not pin everything. {again}", problems)
    for requirement in declared.dependencies if declared is not None else ():
        held = pins.get(canonicalize_name(requirement.name))
        if requirement.url:
            problems.append(f"{requirement.name} is declared with a URL, which no lock of versions and hashes fulfils; declare a version")
        elif held is None:
            problems.append(f"{requirement} is declared, and the lock has no {canonicalize_name(requirement.name)}")
        elif not requirement.specifier.contains(held.version, prereleases=True):
            problems.append(f"{requirement} is declared, and the lock has {held.name} {held.version}")
    if problems:
        raise HermeticError(f"The lock {question.lock_file} is not current. {again}", problems)
    return [PinnedWheel(pin.name, pin.version, pin.digests) for pin in pins.values()]


def _pin(line: str, where: str, problems: list[str]) -> _Pin | None:
    from packaging.requirements import InvalidRequirement, Requirement
    from packaging.utils import canonicalize_name

    if line.startswith("-"):
        if not is_harmless(line):
            problems.append(f"{where}: {shown(shortened(line))} is an option, and a lock of a program has none")
        return None
    specification, options = split_options(line)
    try:
        requirement = Requirement(specification)
    except (InvalidRequirement, ValueError, RecursionError):
        problems.append(f"{where}: {shown(shortened(line))} is not a requirement; expected name==version --hash=sha256:…")
        return None
    if requirement.url:
        problems.append(f"{where}: {requirement.name} comes from a URL; publish a wheel of it and pin its version with its hash")
        return None
    version, digests, found = pin_of(requirement, options)
    try:
        applies = is_for_this_python(requirement.marker)
    except ValueError as error:
        found.append(f"{requirement.name}: {error}")
        applies = False
    problems += [f"{where}: {problem}" for problem in found]
    return _Pin(canonicalize_name(requirement.name), str(version), digests) if applies and not found else None
