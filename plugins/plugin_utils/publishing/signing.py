# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who signs the metadata of a repository, with how many keys, and for how long; pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

from securesystemslib.signer import Key, Signer
from tuf.api.metadata import Root

from ..trust.layout import TARGETS, TOP_LEVEL

DAYS = {"root": 365, "targets": 365, "snapshot": 90, "timestamp": 30}
"""How long the metadata of each role counts, unless an option says otherwise."""


@dataclass(frozen=True)
class RoleKeys:
    """The keys of a role, and how many of them must sign."""

    keys: tuple[Key, ...]
    threshold: int = 1

    def same_as(self, keyids: list[str], threshold: int) -> bool:
        """Return whether a role that is published has these keys and this threshold."""
        return {key.keyid for key in self.keys} == set(keyids) and self.threshold == threshold


@dataclass(frozen=True)
class Delegation:
    """A role that may publish what its paths match, with keys of its own."""

    name: str
    paths: tuple[str, ...]
    keys: RoleKeys


@dataclass(frozen=True)
class Signing:
    """What a task has to sign with, and what it wants of the roles."""

    roles: Mapping[str, RoleKeys] = field(default_factory=dict)
    """Those that the task states; the others stay as they are published."""
    signers: Mapping[str, Signer] = field(default_factory=dict)
    """By the identifier of their key."""
    days: Mapping[str, int] = field(default_factory=lambda: DAYS)
    default: RoleKeys | None = None
    """For roles that the task does not state: of a new repository, and those of keys that are replaced."""
    delegations: tuple[Delegation, ...] | None = None
    """Those that the targets shall have; None leaves them as they are published."""
    previous: frozenset[str] = frozenset()
    """Identifiers of keys that are replaced; they still sign that they are."""
    shared: bool = False
    """Whether others may sign later what this task cannot sign alone."""

    def resolved(self, published: Root | None) -> Signing:
        """Return the same with the roles that the default is for."""
        if self.default is None:
            return self
        wanted = [role for role in TOP_LEVEL if published is None or self.previous.intersection(published.roles[role].keyids)]
        return dataclasses.replace(self, roles={**dict.fromkeys(wanted, self.default), **self.roles})

    def days_of(self, role: str) -> int:
        """Return for how many days the metadata of a role counts; a delegated role has those of the targets."""
        return self.days.get(role, self.days[TARGETS])

    def reaches(self, keyids: list[str], threshold: int) -> bool:
        """Return whether this task can sign for a role, alone unless others sign as well."""
        return sum(keyid in self.signers for keyid in keyids) >= (1 if self.shared else threshold)
