# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps of an update, and the files that it puts into a repository."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Change:
    """One step of the plan, in the shape of every plan of the collection."""

    action: str
    subject: str
    reason: str

    def as_dict(self) -> dict[str, str]:
        """Return the step as a result holds it."""
        return {"action": self.action, "subject": self.subject, "reason": self.reason}


@dataclass(frozen=True)
class Placement:
    """A file to copy into the repository."""

    source: Path
    path: str
    sha256: str
