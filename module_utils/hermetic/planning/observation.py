# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was observed of a root: receipts, the generation in force, and everything that is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ..findings.finding import Finding
from ..findings.needed_repair import NeededRepair
from ..model.receipts import Generation, Records
from ..model.unproved import Unproved


@dataclass
class Observation:
    """What a root holds; the trees named in ``broken`` are not as their receipts say."""

    records: Records = field(default_factory=lambda: Records({}, {}, {}, {}, {}))
    current: Generation | None = None
    unproved: Unproved | None = None
    """The current generation, where the run that switched to it was cut off before its checks after the switch had passed."""
    back_from: Generation | None = None
    """The generation in force, where that cannot be proved: the current one is that before it, to which a run goes back first of all."""
    findings: list[Finding] = field(default_factory=list)
    broken: dict[str, set[str]] = field(default_factory=lambda: {"bundles": set(), "environments": set(), "laid": set()})
    profile_broken: bool = False
    open_to: list[str] = field(default_factory=list)
    """Who may write into the root and must not (Windows, where everything below inherits from it)."""
    repairs: list[NeededRepair] = field(default_factory=list)
    """What is not right about the root's own directories and records."""
    leftovers: list[Path] = field(default_factory=list)
    vouched: set[str] = field(default_factory=set)
    """Receipts, as ``kind/id``, that were compared with what the controller knows."""
    unvouched: set[str] = field(default_factory=set)
    """Receipts that the controller knows nothing of, so that nothing but themselves vouches for them."""
    warnings: list[str] = field(default_factory=list)
    orphans: list[Path] = field(default_factory=list)
    """Trees of the current generation whose record is lost: in use until they are reinstalled or the host has moved on."""

    @property
    def in_force(self) -> Generation | None:
        """The generation that the stable paths lead to until a run changes it."""
        return self.back_from or self.current
