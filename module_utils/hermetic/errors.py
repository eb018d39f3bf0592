# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong, as one family of exceptions that a caller turns into one message."""

from __future__ import annotations

from typing import Any

from .text.printable import printable_lines
from .text.redaction import redacted


class HermeticError(Exception):
    """An expected failure: the message names the subject, what was found, what was expected and what to do.

    ``problems`` lists every single problem, so that a reader fixes all of them at once.
    """

    def __init__(self, message: str, problems: list[str] | None = None) -> None:
        self.message = printable_lines(redacted(message))
        self.problems = [printable_lines(redacted(problem)) for problem in problems or []]
        super().__init__(self.message)

    def __str__(self) -> str:
        return "\n  - ".join([self.message, *self.problems])


class InvalidRequest(HermeticError):
    """Raised when the request or a declaration in it is invalid."""


class LockTimeout(HermeticError):
    """Raised when another run holds the root for longer than the caller wants to wait."""


class CheckFailed(HermeticError):
    """Raised when checks of what was installed failed; ``facts`` are what the result says of them besides."""

    def __init__(self, message: str, problems: list[str], facts: dict[str, Any]) -> None:
        super().__init__(message, problems)
        self.facts = facts


class FetchFailed(HermeticError):
    """Raised when artifacts could not be fetched from any source; ``needs`` lists them all."""

    def __init__(self, message: str, problems: list[str] | None = None, needs: list[dict] | None = None) -> None:
        super().__init__(message, problems)
        self.needs = needs or []


class UnsafeArchive(HermeticError):
    """Raised when an archive holds an entry that could write outside its tree, is of a wrong kind, or is more than its size allows."""


class BrokenArtifact(HermeticError):
    """Raised when an artifact's bytes are not what its digest or its own records promise."""


class BrokenInterpreter(HermeticError):
    """Raised when the interpreter of a bundle does not start or is not what its bundle says."""


class BrokenRoot(HermeticError):
    """Raised when the root or its state cannot be used: a file in the way, no permission, a full disk."""


class DiskFull(BrokenRoot):
    """Raised when a file system has not the room that is needed."""
