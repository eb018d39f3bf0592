# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels that a repository holds, as one more place where those of a lock can be looked up; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from packaging.utils import canonicalize_name

from .simple_index import OfferedFile


@dataclass(frozen=True)
class HeldWheels:
    """The wheels of a repository, for one target."""

    digest: str = ""
    """What a selection that may use them depends on; empty where there are none."""
    load: Callable[[], tuple[Sequence[OfferedFile], frozenset[str]]] = field(default=lambda: ((), frozenset()), repr=False, compare=False)
    """Returns each file with its SHA-256, and the digests of those that were the best of their package for the target when a lock was
    mirrored; called only where a selection is not remembered."""

    def __bool__(self) -> bool:
        return bool(self.digest)

    def of(self, project: str) -> list[OfferedFile]:
        """Return the wheels of a project, whose name is normalised."""
        return self._by_project.get(project, [])

    def is_best(self, project: str, sha256: str, hashes: Iterable[str]) -> bool:
        """Return whether no other place can have a better wheel of a project than the best one here, of those that a lock allows."""
        return sha256 in self._loaded[1] or {*hashes} <= {file.sha256 for file in self.of(project)}

    @cached_property
    def _loaded(self) -> tuple[Sequence[OfferedFile], frozenset[str]]:
        return self.load()

    @cached_property
    def _by_project(self) -> dict[str, list[OfferedFile]]:
        found: dict[str, list[OfferedFile]] = {}
        for file in self._loaded[0]:
            found.setdefault(canonicalize_name(file.filename.split("-")[0]), []).append(file)
        return found
