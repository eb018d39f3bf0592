# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is not right about the root's own directories and records, and which repair each case calls for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

RepairAction = Literal["rename", "protect", "set_aside"]
"""Spell as it was; give mode, owner and access back; move away."""
RENAME: Final = "rename"
PROTECT: Final = "protect"
SET_ASIDE: Final = "set_aside"


@dataclass(frozen=True)
class NeededRepair:
    """One path that is not as the engine makes it."""

    path: Path
    action: RepairAction
    mode: int | None = None
    owner: tuple[int, int] | None = None
    name: str | None = None
    """How its name is spelled (``RENAME``)."""
