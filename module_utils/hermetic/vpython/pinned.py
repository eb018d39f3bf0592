# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wheels that a lock pins for the interpreter that runs this, from pylock.toml or from requirements with hashes."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import HermeticError
from .question import Question


@dataclass(frozen=True)
class PinnedWheel:
    """A package of a lock: one wheel, or where only hashes are locked, one of several that an index will name."""

    name: str
    version: str
    digests: tuple[str, ...]
    filename: str | None = None
    """None where only hashes are known."""
    size: int | None = None
    sources: tuple[str, ...] = ()


class NotForThisPython(HermeticError):
    """Raised where a lock or specification is for another version of Python; ``wants`` is the specifier."""

    def __init__(self, wants: str, subject: str) -> None:
        self.wants = wants
        super().__init__(f"{subject} needs Python {wants}")


def pinned_wheels(question: Question) -> list[PinnedWheel]:
    """Return what is to be installed; raises HermeticError where the specification is not locked, or its lock is not current."""
    if question.lock_kind == "pylock":
        from .pylock_file import wheels_of_pylock

        return wheels_of_pylock(question)
    from .toml_specification import declared_by

    declared = declared_by(question)
    if question.lock_kind == "requirements":
        from .requirements_file import wheels_of_requirements

        return wheels_of_requirements(question, declared)
    if declared is not None and not declared.dependencies:
        return []
    if declared is None and not question.text.strip():
        return []
    raise HermeticError(_unlocked(question))


def _unlocked(question: Question) -> str:
    if not question.file:
        return (
            "The code of -c declares packages, and code has no lock beside it: write it to a file and lock that (hermetic-spec lock FILE)."
        )
    return (
        f"{question.file} declares packages and is not locked: there is no {question.lock_file}. Lock it on a developer's machine with "
        f"'hermetic-spec lock {question.file}' and keep the lock beside it. For development, HERMETIC_VPYTHON_UNLOCKED=1 resolves it here."
    )
