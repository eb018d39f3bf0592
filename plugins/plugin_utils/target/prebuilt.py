# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a repository has prebuilt of the wheels of a host, and which of two forms of a wheel is copied there; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ...module_utils.hermetic.model.byte_code import FACT, fact_problem, stated

if TYPE_CHECKING:
    from ..repository.index import Index
    from ..repository.prebuilt_artifact import PrebuiltArtifact


@dataclass(frozen=True)
class PrebuiltWheels:
    """The archives that stand for wheels, by the trees that they unpack to."""

    archives: Mapping[str, PrebuiltArtifact] = field(default_factory=dict)
    compiled: frozenset[str] = frozenset()
    """The wheels of which at least one tree has nothing prebuilt."""

    @property
    def named(self) -> dict[str, str]:
        """The ``prebuilt`` of a request."""
        return {tree_id: each.sha256 for tree_id, each in self.archives.items()}

    def to_push(self, unreachable: Iterable[str]) -> list[str]:
        """Return which of the artifacts that a host cannot reach it needs, where of each wheel one form is enough."""
        lacking = list(unreachable)
        away = set(lacking)
        wheels = {each.wheel for each in self.archives.values()} - self.compiled
        # A wheel whose archive can be reached is not copied, and neither is an archive whose wheel can be reached.
        archives = {each.sha256 for each in self.archives.values() if each.wheel not in away and each.wheel not in self.compiled}
        return [sha256 for sha256 in lacking if sha256 not in wheels and sha256 not in archives]

    def instead_of(self, sha256: str) -> list[str]:
        """Return the wheels that an archive stands for."""
        return [each.wheel for each in self.archives.values() if each.sha256 == sha256]


def prebuilt_of(index: Index | None, pairs: Iterable[tuple[str | None, Iterable[str]]]) -> PrebuiltWheels:
    """Return what an index has for wheels: each pair is the digest of a byte code, where it is known, and the wheels unpacked for it."""
    archives: dict[str, PrebuiltArtifact] = {}
    compiled: set[str] = set()
    for byte_code, wheels in pairs:
        for wheel in wheels:
            found = index.prebuilt(wheel, byte_code=byte_code) if index is not None and byte_code is not None else None
            if found is None:
                compiled.add(wheel)
            else:
                archives[found.tree_id] = found
    return PrebuiltWheels(archives, frozenset(compiled))


def byte_code_of(bundle: Mapping[str, Any]) -> str | None:
    """Return the digest of the byte code of a bundle, as a host reports it; None for one that an earlier release built."""
    python = bundle["python"]
    found = stated(python, engine=bool(bundle.get("engine"))) if fact_problem(python.get(FACT)) is None else None
    return found.digest if found is not None else None
