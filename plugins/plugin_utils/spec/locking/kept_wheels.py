# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels of a package a lock keeps: those that a Python of the specification takes on a platform that the lock is for; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from ..legacy.hosts import PYTHONS, hosts_of
from .pythons import admits_later, admitted_pythons

_CPYTHON = re.compile(r"cp3(\d+)")
_LATEST = PYTHONS[-1][1]


class KeptWheels:
    """Judges wheels by their names."""

    def __init__(self, requires_python: str | None, platforms: Iterable[str]) -> None:
        hosts = hosts_of(admitted_pythons(requires_python), platforms)
        self._tags: set[Tag] = {tag for host in hosts for tag in host.target.tags}
        self._platforms = {tag.platform for tag in self._tags}
        self._later = admits_later(requires_python)

    def keeps(self, filename: str) -> bool:
        """Return whether a lock needs a wheel; one for a Python that is not out yet stays where the specification admits it."""
        try:
            tags = parse_wheel_filename(filename)[3]
        except (InvalidWheelFilename, ValueError):
            return False
        return any(tag in self._tags or (self._later and _is_later(tag) and tag.platform in self._platforms) for tag in tags)


def _is_later(tag: Tag) -> bool:
    match = _CPYTHON.fullmatch(tag.interpreter)
    return match is not None and int(match[1]) > _LATEST and tag.abi in (tag.interpreter, "abi3", "none")
