# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resolved versions of CIPD packages: triples of package, version and instance, as ``cipd ensure-file-resolve`` writes them; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .problem import Problem, Unreadable

_PACKAGE = re.compile(r"(?:[a-z0-9_.-]+/)*[a-z0-9_.-]+")
_INSTANCE = re.compile(r"[0-9a-f]{40}|[A-Za-z0-9_-]{44}")


@dataclass(frozen=True)
class ResolvedVersion:
    """What a version of a package was at one moment."""

    package: str
    version: str
    instance: str

    def as_json(self) -> dict[str, str]:
        """Return the three by their names."""
        return {"package": self.package, "version": self.version, "instance_id": self.instance}


def parse_versions(text: str, *, path: str) -> tuple[ResolvedVersion, ...]:
    """Return the triples of a file; raises Unreadable with every one that is none."""
    found: list[ResolvedVersion] = []
    problems: list[Problem] = []
    seen: dict[tuple[str, str], int] = {}
    for number, lines in _blocks(text):
        problem = _problem(lines)
        if problem is None:
            resolved = ResolvedVersion(*lines)
            first = seen.setdefault((resolved.package, resolved.version), number)
            if first != number and resolved not in found:
                problem = f"{resolved.package} {resolved.version} is another instance in line {first}; resolve it again"
            found.append(resolved)
        if problem is not None:
            problems.append(Problem("syntax", problem, line=number, path=path))
    if problems:
        raise Unreadable(problems)
    return tuple(found)


def render_versions(resolved: Iterable[ResolvedVersion]) -> str:
    """Return a file with these triples, sorted."""
    ordered = sorted(set(resolved), key=lambda each: (each.package, each.version))
    return "\n".join(f"{each.package}\n\t{each.version}\n\t{each.instance}\n" for each in ordered)


def looks_like_versions(text: str) -> bool:
    """Return whether the first lines of a text are a triple."""
    first = next(_blocks(text), None)
    return first is not None and _problem(first[1]) is None


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    lines: list[str] = []
    begin = 0
    for number, line in enumerate([*text.split("\n"), ""], 1):
        content = line.strip()
        if content.startswith("#"):
            continue
        if content:
            begin = begin if lines else number
            lines.append(content)
        elif lines:
            yield begin, lines
            lines = []


def _problem(lines: list[str]) -> str | None:
    if len(lines) != 3:
        return f"an entry has three lines, package, version and instance; this one has {len(lines)}"
    package, version, instance = lines
    if not _PACKAGE.fullmatch(package):
        return f"{package!r} is no name of a package"
    if not _INSTANCE.fullmatch(instance):
        return f"{instance!r} is no instance: expected 40 hexadecimal digits or 44 characters"
    return None if version else "the version is empty"
