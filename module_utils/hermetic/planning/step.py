# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One step of a plan, as results show it; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal[
    "install_bundle",
    "repair_bundle",
    "build_environment",
    "repair_environment",
    "check",
    "switch",
    "restore_links",
    "rename",
    "protect",
    "set_aside",
    "prune",
    "pin",
    "unpin",
    "uninstall",
]


@dataclass(frozen=True)
class Step:
    """One thing to do, and why."""

    action: Action
    subject: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return the step as the mapping that results carry."""
        return {"action": self.action, "subject": self.subject, "reason": self.reason}
