# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A text proto as requirements with markers, and a report of what means something else afterwards; pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from ..formats.problem import Problem
from ..formats.specification import ListedWheel, Requirements, Specification, WheelList
from .cipd_platforms import platform_of_tag
from .hosts import parse_python_version, pythons_of
from .marker_terms import ALWAYS, NEVER, marker_text
from .names import is_movable, package_name, package_version
from .tag_markers import blurred, condition_of

_CPYTHON = re.compile(r"cp3(\d{1,2})")


@dataclass(frozen=True)
class Change:
    """What means something else after the conversion."""

    kind: str
    subject: str
    message: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.message}" if self.subject else self.message

    def as_json(self) -> dict[str, str]:
        """Return the change as a document for programs."""
        return {"kind": self.kind, "subject": self.subject, "message": self.message}


@dataclass(frozen=True)
class Conversion:
    """What a text proto is in today's words."""

    requirements: Requirements
    changes: tuple[Change, ...] = ()
    problems: tuple[Problem, ...] = ()
    """Wheels that could not be converted; the requirements lack them."""


@dataclass
class _Collected:
    dependencies: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def change(self, kind: str, subject: str, message: str) -> None:
        if (found := Change(kind, subject, message)) not in self.changes:
            self.changes.append(found)


def converted(specification: Specification, *, local: bool = False) -> Conversion:
    """Return the requirements of a text proto; ``local`` keeps CIPD's builds as local versions (``5.8.0+chromium.3``).

    A specification that has requirements already is returned as it is.
    """
    content = specification.content
    if isinstance(content, Requirements):
        return Conversion(content)
    collected = _Collected()
    python2 = any(python[0] == 2 for python in pythons_of(specification))
    for number, wheel in enumerate(content.wheels):
        _wheel(specification, number, wheel, collected, local=local, python2=python2)
    python = _requires_python(specification, content, collected)
    tool = _tool(content, collected)
    if content.virtualenv is not None:
        collected.change("virtualenv", "virtualenv", "the package that makes the VirtualEnv is left out; vpython ignores it as well")
    if collected.dependencies:
        collected.change(
            "dependencies",
            "",
            "a text proto lists every wheel, and a resolver adds what these depend on: a lock of the converted specification may have more packages",
        )
    return Conversion(
        Requirements(python, tuple(dict.fromkeys(collected.dependencies)), tool), tuple(collected.changes), tuple(collected.problems)
    )


def _wheel(specification: Specification, number: int, wheel: ListedWheel, collected: _Collected, *, local: bool, python2: bool) -> None:
    line, column = specification.place("wheel", number)

    def fail(rule: str, message: str) -> None:
        collected.problems.append(Problem(rule, message, line=line, column=column, field=f"wheel[{number}]", path=specification.path))

    named = package_name(wheel.name)
    if named is None:
        fail("name-invalid", f"{wheel.name!r} shows no name of a package; expected one such as infra/python/wheels/NAME-py3")
        return
    version = package_version(wheel.version)
    required = version.text(local=local)
    condition = condition_of(wheel, python2=python2)
    if condition == NEVER:
        collected.change("never-installed", named.name, "no host has a tag that it is for, so it is left out")
        return
    if required is None and wheel.version.startswith("version:"):
        fail("version-invalid", f"{wheel.version!r} begins with no version (PEP 440)")
        return
    for change in _changes_of(wheel, named.name, version.build, required, local):
        collected.change(*change)
    if named.guessed:
        collected.change(
            "name-guessed", named.name, f"the name was taken from {wheel.name}, which is not below infra/python/wheels; check it"
        )
    if named.fixed:
        collected.change(
            "platform-fixed", named.name, f"{wheel.name} was one build for every host ({named.fixed}); now each host gets its own"
        )
    marker = "" if condition == ALWAYS else f"; {marker_text(condition)}"
    collected.dependencies.append(str(Requirement(f"{named.name}{f'=={required}' if required else ''}{marker}")))


def _changes_of(wheel: ListedWheel, name: str, build: str, required: str | None, local: bool) -> Iterator[tuple[str, str, str]]:
    if required is None:
        what = "moves" if is_movable(wheel.version) else "names an upload"
        yield (
            "not-pinned",
            name,
            f"{wheel.version or 'no version'!r} {what} and is no version of the package; the lock decides which one is installed",
        )
    elif build and not local:
        yield "build", name, f"the build {build!r} for CIPD is left out, {required} of the index is required (--local-versions keeps it)"
    for tag in dict.fromkeys((*wheel.match_tags, *wheel.not_match_tags)):
        reason = blurred(tag)
        if reason is not None:
            yield "tag", name, f"of {tag}, {reason}"


def _requires_python(specification: Specification, content: WheelList, collected: _Collected) -> str | None:
    if not content.python_version:
        pythons = pythons_of(specification)
        if pythons == ((2, 7),):
            return "==2.7.*"
        collected.change("python", "python_version", "it is not set: vpython takes its default, here it is the Python of the bundle in use")
        return None
    numbers = parse_python_version(content.python_version)
    if numbers is None:
        line, column = specification.place("python_version")
        message = f"{content.python_version!r} is no version; expected one such as 3.11"
        collected.problems.append(
            Problem("python-version-invalid", message, line=line, column=column, field="python_version", path=specification.path)
        )
        return None
    return requires_python(numbers)


def requires_python(numbers: tuple[int, ...]) -> str:
    """Return the version specifier for the numbers of ``python_version``: of three, the last one is the least."""
    whole = ".".join(map(str, numbers))
    text = f"=={whole}.*" if len(numbers) < 3 else f">={whole},<{numbers[0]}.{numbers[1] + 1}"
    return str(SpecifierSet(text)) if len(numbers) < 3 else text


def _tool(content: WheelList, collected: _Collected) -> dict[str, Any]:
    platforms: list[str] = []
    for tag in content.verify_tags:
        platform = platform_of_tag(tag.platform)
        if platform is None:
            collected.change("verify", "verify_pep425_tag", f"{tag} is a platform that no bundle exists for, so it is left out")
        elif platform not in platforms:
            platforms.append(platform)
    settings = {"platforms": platforms} if platforms else {}
    pythons = [] if content.python_version else _verified_pythons(content)
    return {"hermetic": settings | ({"pythons": pythons} if pythons else {})} if settings else {}


def _verified_pythons(content: WheelList) -> list[str]:
    """Return the releases that are verified where the specification does not say which one it is for."""
    matches = (_CPYTHON.fullmatch(tag.python) for tag in content.verify_tags)
    return sorted({f"3.{match[1]}" for match in matches if match}, key=lambda text: int(text.partition(".")[2]))
