# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: one difference between what is declared and what is found, the only source of changed, diff, plan and reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

KINDS = (
    "missing",
    "unexpected",
    "modified",
    "version",
    "link",
    "mode",
    "owner",
    "interpreter",
    "not_runnable",
    "interrupted",
    "stale",
    "receipt",
)
PENDING = "pending"
TAMPERED = "tampered"
INTERRUPTED = "interrupted"

# What runs code without being asked for weighs more than what merely lies there.
_GRANTS_RIGHTS = ("file capabilities", "access control list")
_RUNS_CODE = (".pth", "._pth", ".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".exe", ".zip")
# What tells a starting interpreter where to find its modules.
_LEADS_TO_CODE = ("pyvenv.cfg", "pybuilddir.txt")


@dataclass(frozen=True)
class Finding:
    """One difference; ``cause`` tells whether the declaration moved on (pending), the host did (tampered), or a run was cut off."""

    subject: str
    kind: str
    severity: str
    cause: str
    expected: str | None
    actual: str | None
    path: str | None
    remedy: str
    count: int = 1
    """How many paths it stands for; where they are many, ``examples`` names some."""
    examples: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as the mapping that results and reports carry."""
        told = asdict(self)
        if self.count == 1:
            del told["count"], told["examples"]
        else:
            told["examples"] = list(self.examples)
        return told

    def line(self) -> str:
        """Return the finding as one line for people."""
        where = f" {self.path}" if self.path and not self.subject.startswith("file:") else ""
        told = f"{self.subject}{where}: {self.kind} ({self.cause})"
        if self.expected is not None or self.actual is not None:
            told += f", expected {self.expected or 'nothing'}, found {self.actual or 'nothing'}"
        return told


def runs_code(path: str) -> bool:
    """Tell whether a file at this path inside a tree is one that Python or a shell would execute."""
    return path.endswith(_RUNS_CODE + _LEADS_TO_CODE) or path.split("/", 1)[0] in ("bin", "Scripts", "libexec")


def file_severity(kind: str, path: str, actual: str | None, expected: str | None = None) -> str:
    """Return how much a difference of one file or directory matters."""
    if kind == "mode":
        return "high" if opens_up(actual) else "medium"
    # A directory that nobody installed, or that something else stands for, may hold any code.
    if (kind == "unexpected" and actual == "directory") or (kind in ("link", "modified") and expected == "directory"):
        return "high"
    return "high" if runs_code(path) else "medium"


def opens_up(mode: str | None) -> bool:
    """Tell whether a mode, or what a file carries beside it, lets others write, or lets a program take rights that its user has not."""
    if mode is None:
        return False
    return bool(int(mode, 8) & 0o6022) if mode.isdigit() else any(words in mode for words in _GRANTS_RIGHTS)
