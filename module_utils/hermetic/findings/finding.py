# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A finding: one difference between what is declared and what is found, the only source of changed, diff, plan and reports."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, get_args

Kind = Literal[
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
    "outdated_process",
    "unhealthy",
]
Cause = Literal["tampered", "interrupted", "pending"]
Severity = Literal["high", "medium", "low"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
"""The most alarming first."""
SEVERITIES: Final[tuple[Severity, ...]] = get_args(Severity)
"""The gravest first."""
TAMPERED: Final = "tampered"
INTERRUPTED: Final = "interrupted"
PENDING: Final = "pending"
OUTDATED_PROCESS: Final = "outdated_process"

# What runs code without being asked for weighs more than what merely lies there.
_GRANTS_RIGHTS = ("file capabilities", "access control list")
_RUNS_CODE = (".pth", "._pth", ".py", ".pyc", ".so", ".pyd", ".dll", ".dylib", ".exe", ".zip")
# What shows a starting interpreter where to find its modules.
_LEADS_TO_CODE = ("pyvenv.cfg", "pybuilddir.txt")


@dataclass(frozen=True, init=False)
class Finding:
    """One difference; ``cause`` says whether the declaration moved on (pending), the host did (tampered), or a run was cut off."""

    subject: str
    kind: Kind
    severity: Severity
    cause: Cause
    expected: str | None
    actual: str | None
    path: str | None
    remedy: str
    count: int
    """How many paths it stands for; where they are many, ``examples`` names some."""
    examples: tuple[str, ...]

    # By hand, because a data class takes keywords only since Python 3.10, and eight texts in a row are easily exchanged.
    def __init__(
        self,
        *,
        subject: str,
        kind: Kind,
        severity: Severity,
        cause: Cause,
        expected: str | None,
        actual: str | None,
        path: str | None,
        remedy: str,
        count: int = 1,
        examples: tuple[str, ...] = (),
    ) -> None:
        self.__dict__.update(
            subject=subject,
            kind=kind,
            severity=severity,
            cause=cause,
            expected=expected,
            actual=actual,
            path=path,
            remedy=remedy,
            count=count,
            examples=examples,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as the mapping that results and reports carry."""
        document = asdict(self)
        if self.count == 1:
            del document["count"], document["examples"]
        else:
            document["examples"] = list(self.examples)
        return document

    def line(self) -> str:
        """Return the finding as one line for people."""
        where = f" {self.path}" if self.path and not self.subject.startswith("file:") else ""
        text = f"{self.subject}{where}: {self.kind} ({self.cause})"
        if self.expected is not None or self.actual is not None:
            text += f", expected {self.expected or 'nothing'}, found {self.actual or 'nothing'}"
        return text


def runs_code(path: str) -> bool:
    """Return whether a file at this path inside a tree is one that Python or a shell would execute."""
    return path.endswith(_RUNS_CODE + _LEADS_TO_CODE) or path.split("/", 1)[0] in ("bin", "Scripts", "libexec")


def file_severity(kind: Kind, path: str, actual: str | None, expected: str | None = None) -> Severity:
    """Return how much a difference of one file or directory matters."""
    if kind == "mode":
        return "high" if opens_up(actual) else "medium"
    # A directory that nobody installed, or that something else stands for, may hold any code.
    if (kind == "unexpected" and actual == "directory") or (kind in ("link", "modified") and expected == "directory"):
        return "high"
    return "high" if runs_code(path) else "medium"


def opens_up(mode: str | None) -> bool:
    """Return whether a mode, or what a file carries beside it, lets others write, or lets a program take rights that its user has not."""
    if mode is None:
        return False
    return bool(int(mode, 8) & 0o6022) if mode.isdigit() else any(words in mode for words in _GRANTS_RIGHTS)
