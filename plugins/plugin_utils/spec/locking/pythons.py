# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases of Python a specification is for; pure."""

from __future__ import annotations

from packaging.specifiers import SpecifierSet

from ..legacy.hosts import PYTHONS

_LATEST_PATCH = 40


def admitted_pythons(requires_python: str | None) -> list[tuple[int, int]]:
    """Return the releases that fulfil a specifier, oldest first; with none, all that are known."""
    return [python for python in PYTHONS if full_version(python, requires_python) is not None]


def full_version(python: tuple[int, int], requires_python: str | None) -> str | None:
    """Return the latest version of a release that fulfils a specifier, or None where none does."""
    specifiers = SpecifierSet(requires_python or "")
    versions = (f"{python[0]}.{python[1]}.{patch}" for patch in range(_LATEST_PATCH, -1, -1))
    return next((version for version in versions if specifiers.contains(version, prereleases=True)), None)


def admits_later(requires_python: str | None) -> bool:
    """Return whether a specifier admits releases after those that are known."""
    return full_version((PYTHONS[-1][0], PYTHONS[-1][1] + 1), requires_python) is not None


def narrowed(requires_python: str | None, oldest: str) -> str:
    """Return the specifier without the releases before the oldest one that was resolved for."""
    before = [python for python in admitted_pythons(requires_python) if python < tuple(map(int, oldest.split(".")))]
    if requires_python and not before:
        return requires_python
    return ",".join(filter(None, (requires_python, f">={oldest}")))
