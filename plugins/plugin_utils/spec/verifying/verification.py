# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verifies one specification: for each platform, every wheel exists, and its hash is the locked one."""

from __future__ import annotations

from dataclasses import dataclass, field

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ....module_utils.hermetic.errors import HermeticError
from ...locks.lock_file import Lock
from ...locks.wheel import Wheel
from ...platforms import Target
from ...supply import Supply
from ..formats.problem import Problem
from ..formats.specification import Requirements, Specification
from ..legacy.conversion import converted
from ..locking.currency import currency_problems, record_of, served
from ..locking.locking import requirements_of
from ..locking.reading import read_lock_of
from ..locking.targets import Asked, Targets, targets_of
from .wheels import Places, missing_wheels, unlocked_problems


@dataclass
class Verification:
    """What was verified of a specification, and what is wrong."""

    path: str
    platforms: tuple[str, ...] = ()
    wheels: int = 0
    problems: list[Problem] = field(default_factory=list)

    @property
    def serious(self) -> list[Problem]:
        """The problems but for what is only worth knowing."""
        return [problem for problem in self.problems if problem.severity != "info"]


def verify(specification: Specification, *, asked: Asked, supply: Supply, places: Places) -> Verification:
    """Verify a specification; a platform is never passed in silence, and neither is one without a lock."""
    content = requirements_of(specification)
    lock = read_lock_of(specification)
    targets = targets_of(content, asked, recorded=record_of(lock) if lock else None)
    result = Verification(specification.path, targets.platforms)
    if not targets.targets:
        result.problems.append(Problem("no-platform", "there is no platform to verify it for", path=specification.path))
        return result
    for change in converted(specification).changes:
        if change.kind == "verify":
            message = f"{change.message.removesuffix(', so it is left out')}; it was not verified"
            result.problems.append(Problem("platform-unsupported", message, "warning", path=specification.path))
    if not targets.platforms_named:
        message = "no platform is named, so all are verified; name those of the fleet: --platform, --repository, or in the specification"
        result.problems.append(Problem("all-platforms", message, "info", path=specification.path))
    if lock is None:
        if not content.is_empty:
            _verify_unlocked(specification, content, targets, supply, result)
        return result
    result.problems += currency_problems(specification, content, lock, served(lock, targets))
    chosen = _selected(lock, targets.targets, supply, result)
    findings = missing_wheels((wheel for wheels in chosen.values() for wheel in wheels), places)
    result.wheels = len({wheel.sha256 for wheels in chosen.values() for wheel in wheels})
    for filename, (rule, message) in findings.items():
        labels = [label for label, wheels in chosen.items() if any(wheel.filename == filename for wheel in wheels)]
        result.problems.append(Problem(rule, f"{message} (for {', '.join(labels)})", path=str(lock.path)))
    return result


def _selected(lock: Lock, targets: tuple[Target, ...], supply: Supply, result: Verification) -> dict[str, tuple[Wheel, ...]]:
    chosen: dict[str, tuple[Wheel, ...]] = {}
    for target in targets:
        try:
            chosen[target.label] = supply.select(lock, target).wheels
        except HermeticError as error:
            for problem in error.problems or [error.message]:
                message = problem if target.label in problem else f"{target.label}: {problem}"
                result.problems.append(Problem("wheel-missing", message, path=str(lock.path)))
    return chosen


def _verify_unlocked(specification: Specification, content: Requirements, targets: Targets, supply: Supply, result: Verification) -> None:
    message = f"it has no lock, so no hash can be verified; make one: hermetic-spec lock {specification.path}"
    result.problems.append(Problem("lock-missing", message, path=specification.path))
    names = sorted({canonicalize_name(Requirement(text).name) for text in content.dependencies})
    offers = supply.offers().of(names)
    for target in targets.targets:
        for rule, text in unlocked_problems(content.dependencies, target, offers):
            result.problems.append(Problem(rule, text, path=specification.path))
