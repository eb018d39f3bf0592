# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The specification that a VirtualEnv is declared by: it means the lock beside it, which must be there and current."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...module_utils.hermetic.errors import HermeticError
from .request import is_url

if TYPE_CHECKING:
    from ..locks.lock_file import Lock
    from ..spec.formats.specification import Specification
    from ..supply import Target


@dataclass(frozen=True)
class DeclaredSpecification:
    """A specification with its lock."""

    specification: Specification
    lock: Lock

    @classmethod
    def read(cls, path: str, targets: Iterable[Target]) -> DeclaredSpecification:
        """Read the specification in a file, or that of a program, for bundles with these targets; raises HermeticError with every problem."""
        from ..spec.locking.in_force import lock_in_force, lock_missing, python_problem

        if is_url(path):
            raise HermeticError(f"The specification {path} is an address; name a file on the controller.")
        specification = _specification_of(path)
        problems = [problem] if (problem := python_problem(specification, targets)) is not None else []
        try:
            lock = lock_in_force(specification)
            # An environment is never declared by silence.
            problems += [lock_missing(specification)] if lock is None else []
        except HermeticError as error:
            problems += [error.message, *error.problems]
            lock = None
        if problems or lock is None:
            raise HermeticError(problems[0], problems if len(problems) > 1 else [])
        return cls(specification, lock)

    @property
    def summary(self) -> dict[str, str]:
        """What results say of it."""
        return {"file": self.specification.path, "sha256": self.specification.digest}


def _specification_of(path: str) -> Specification:
    from ..spec.formats.problem import Unreadable
    from ..spec.reading.files import read_specification
    from ..spec.reading.lookup import find_specification
    from ..spec.reading.program import Program

    try:
        return read_specification(path)
    except Unreadable as error:
        if [problem.rule for problem in error.found] != ["no-specification"]:
            raise
        found = find_specification(Program("script", path)).specification
        if found is None:
            raise
        return found
