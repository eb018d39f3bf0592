# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The platforms and Pythons that a specification is locked and verified for: what is asked for, what it says, what the fleet has, else all; pure."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.markers import InvalidMarker, Marker

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.grammar import shown
from ...locks.marker_logic import judge
from ...platforms import PLATFORMS, Target, platform_named
from ..formats.specification import Requirements
from ..legacy.hosts import abi_of, parse_python_version
from .lock_record import LockRecord
from .pythons import admitted_pythons, full_version


@dataclass(frozen=True)
class Targets:
    """What a lock has to serve."""

    targets: tuple[Target, ...]
    platforms_named: bool
    """Whether somebody named the platforms; otherwise they are all that bundles exist for."""
    origin: str
    """Who named them, for messages."""

    @property
    def platforms(self) -> tuple[str, ...]:
        """The names of the platforms, each once."""
        return tuple(dict.fromkeys(target.platform.name for target in self.targets))


@dataclass(frozen=True)
class Asked:
    """What a person asks for, over what the specification says."""

    platforms: tuple[str, ...] = ()
    pythons: tuple[str, ...] = ()
    fleet: tuple[Target, ...] = ()
    """What the bundles of a repository take."""
    here: tuple[int, int] = (sys.version_info[0], sys.version_info[1])
    """The Python that is meant where nobody says which one."""


def targets_of(content: Requirements, asked: Asked, *, recorded: LockRecord | None = None) -> Targets:
    """Return the targets of a specification, or raise one error with everything that cannot be.

    Of Pythons that nobody names, those count that its lock was made for (``recorded``).
    """
    names, origin = _platforms(content, asked)
    fleet = [target for target in asked.fleet if target.platform.name in names and _admits(content.requires_python, target.version)]
    stated = asked.pythons or _texts(content, "pythons")
    unstated = _recorded(content, recorded) or _oldest(content, asked.here)
    if fleet and not stated:
        found = tuple({target.identity: target for target in fleet}.values())
        missing = [name for name in names if name not in {target.platform.name for target in fleet}]
        if missing:
            # No bundle there fulfils the specification, which is no reason to pass the platform over.
            found += tuple(_targets(missing, unstated, content.requires_python))
        return Targets(found, True, origin)
    return Targets(tuple(_targets(names, _pythons(content, stated) if stated else unstated, content.requires_python)), origin != "", origin)


def _platforms(content: Requirements, asked: Asked) -> tuple[list[str], str]:
    for names, origin in (
        (asked.platforms, "the option --platform"),
        (_texts(content, "platforms"), "the specification"),
        (_of_environments(content), "the specification"),
        (tuple(dict.fromkeys(target.platform.name for target in asked.fleet)), "the repository"),
    ):
        if names:
            for name in names:
                platform_named(name)
            return list(dict.fromkeys(names)), origin
    return list(PLATFORMS), ""


def _of_environments(content: Requirements) -> tuple[str, ...]:
    """Return the platforms of which one of ``environments`` holds."""
    texts = _texts(content, "environments")
    try:
        markers = [Marker(text) for text in texts]
    except InvalidMarker as error:
        raise HermeticError(f"[tool.hermetic] environments of the specification: {str(error).splitlines()[0]}") from error
    python = (admitted_pythons(content.requires_python) or [(3, 12)])[0]
    found = tuple(name for name in PLATFORMS if any(_holds(marker, _target(name, python, None)) for marker in markers))
    if texts and not found:
        raise HermeticError(f"[tool.hermetic] environments of the specification fit no platform: {' | '.join(texts)}")
    return found


def _holds(marker: Marker, target: Target) -> bool:
    return judge(marker, target.environment, unknown=target.unknown_markers, context="requirement").applies is not False


def _oldest(content: Requirements, here: tuple[int, int]) -> list[tuple[int, int]]:
    """Return the oldest release that a specification admits; the one that runs this where it admits any."""
    if not content.requires_python:
        return [here]
    admitted = admitted_pythons(content.requires_python)
    if not admitted:
        raise HermeticError(
            f"No Python from 3.8 on fulfils requires-python {shown(content.requires_python)} of the specification; "
            "no resolver locks for an older one, and docs/LOCKS.md shows how to make such a lock by hand"
        )
    return admitted[:1]


def _recorded(content: Requirements, recorded: LockRecord | None) -> list[tuple[int, int]]:
    numbers = [parse_python_version(text) for text in (recorded.pythons if recorded else ())]
    pythons = [(found[0], found[1]) for found in numbers if found is not None and len(found) > 1]
    return [python for python in pythons if full_version(python, content.requires_python) is not None]


def _pythons(content: Requirements, stated: Sequence[str]) -> list[tuple[int, int]]:
    """Return the releases that were stated, or raise one error with all that cannot be."""
    found = []
    problems = []
    for text in stated:
        numbers = parse_python_version(text)
        if numbers is None or len(numbers) < 2:
            problems.append(f"{shown(text)} is no release of Python; expected one such as 3.12")
        elif full_version((numbers[0], numbers[1]), content.requires_python) is None:
            problems.append(f"Python {text} does not fulfil requires-python {content.requires_python}")
        else:
            found.append((numbers[0], numbers[1]))
    if problems:
        raise HermeticError("The specification cannot be for these releases of Python", problems)
    return list(dict.fromkeys(found))


def _targets(names: Iterable[str], pythons: Sequence[tuple[int, int]], requires_python: str | None) -> list[Target]:
    return [_target(name, python, requires_python) for name in names for python in pythons]


def _target(name: str, python: tuple[int, int], requires_python: str | None) -> Target:
    version = full_version(python, requires_python) or f"{python[0]}.{python[1]}.0"
    return Target.of_any_system(PLATFORMS[name], version=version, abi=abi_of(python, name))


def _admits(requires_python: str | None, version: str) -> bool:
    from packaging.specifiers import SpecifierSet

    return SpecifierSet(requires_python or "").contains(version, prereleases=True)


def _texts(content: Requirements, name: str) -> tuple[str, ...]:
    values = content.settings.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise HermeticError(f"[tool.hermetic] {name} of the specification is {shown(values)}; expected a list of texts")
    return tuple(values)
