# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A generation that was switched to by a run which was cut off before its checks had passed; pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Unproved:
    """A generation, and what its checks after the switch are about."""

    generation: int
    subjects: frozenset[str] | None = None
    """Bundles and VirtualEnvs as findings name them; None where an earlier release left it open and did not note them."""
