# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine the bundle of a host carried when it answered last: a guess for hosts that are not asked before they are given a request."""

from __future__ import annotations

from dataclasses import dataclass

from ...module_utils.hermetic.text.grammar import digest_problem
from ..net.controller_cache import ControllerCache, digest_of

_KIND = "engine-of-host"


@dataclass(frozen=True)
class RememberedEngine:
    """What is remembered of one root of one host; forgetting it, or remembering it wrong, costs one more exchange and nothing else."""

    cache: ControllerCache
    host: str
    root: str

    def known(self) -> str | None:
        """Return the digest of the engine that was found there, empty where there was none, or None where nothing is known."""
        kept = self.cache.read(_KIND, self._key)
        return kept if kept == "" or (isinstance(kept, str) and digest_problem(kept) is None) else None

    def keep(self, digest: str) -> None:
        """Remember what the host answered, unless that is known."""
        if self.known() != digest:
            self.cache.write(_KIND, self._key, digest)

    @property
    def _key(self) -> str:
        return digest_of([self.host, self.root])
