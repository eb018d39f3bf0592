# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels a lock means on a target, decided on the controller before any host is touched."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.utils import canonicalize_name

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import digest_problem, file_name_problem, is_number
from ...module_utils.hermetic.text.redaction import has_secret
from ..net.controller_cache import ControllerCache, digest_of
from ..platforms import Target
from .held_wheels import HeldWheels
from .lock_file import Lock
from .requirements_selection import held_wheel, pins_of, select_from_requirements
from .simple_index import WheelCandidates
from .wheel import Wheel

_KIND = "selection-2"
NONE_HELD = HeldWheels()


@dataclass(frozen=True)
class Selection:
    """The wheels of one lock for one target, sorted by name; the same lock, target and sources give the same selection."""

    wheels: tuple[Wheel, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeclaredLock:
    """A declared VirtualEnv as far as its content goes; ``targets`` replaces the targets of the whole play when it is set."""

    name: str
    lock: Lock
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] | None = None
    targets: tuple[Target, ...] | None = None


def select(
    lock: Lock,
    target: Target,
    *,
    extras: Sequence[str] = (),
    groups: Sequence[str] | None = None,
    offers: Callable[[], WheelCandidates],
    cache: ControllerCache,
    held: HeldWheels = NONE_HELD,
    refresh: bool = False,
) -> Selection:
    """Return the wheels of a lock for a target, or raise one error with every package that has none.

    The answer is kept on disk, under a digest of all that decides it; ``refresh`` asks again. ``groups`` None means the
    lock's default groups. ``offers`` is called only for a requirements lock, which does not say where its wheels are, and only if ``held``,
    the wheels of a repository, are not all that it needs.
    """
    decisive: list[Any] = [
        lock.kind,
        lock.digest,
        str(lock.path.parent),
        target.identity,
        sorted(canonicalize_name(extra) for extra in extras),
        None if groups is None else sorted(canonicalize_name(group) for group in groups),
    ]
    if lock.kind == "requirements" and held:
        decisive.append(held.digest)
        if (found := _of_held(lock, target, extras, groups, held, digest_of([*decisive, "held"]), cache, refresh=refresh)) is not None:
            return found
    key = digest_of([*decisive, offers().sources.digest if lock.kind == "requirements" else None])

    def usable(kept: Any) -> bool:
        return _is_selection(kept) and kept["complete"] and all(map(os.path.isfile, kept["paths"]))

    def compute() -> dict[str, Any]:
        warnings: list[str] = []
        unavailable: list[str] = []
        if lock.kind == "pylock":
            from .pylock import select_from_pylock

            wheels, problems = select_from_pylock(lock.pylock, target, directory=lock.path.parent, extras=extras, groups=groups)
        else:
            wheels, problems, warnings, unavailable = select_from_requirements(lock, target, extras, groups, offers(), held)
        if problems:
            raise _cannot_be_installed(
                f"Lock {lock.path} cannot be installed on {target.label}; nothing was changed", problems, unavailable
            )
        return _to_keep(wheels, warnings, complete=not unavailable)

    # A signed address is not written down: such a selection is made in each task.
    kept = cache.memo(_KIND, key, compute, valid=usable, keep=_is_without_secrets, refresh=refresh)
    return _kept(kept)


def _of_held(
    lock: Lock,
    target: Target,
    extras: Sequence[str],
    groups: Sequence[str] | None,
    held: HeldWheels,
    key: str,
    cache: ControllerCache,
    *,
    refresh: bool,
) -> Selection | None:
    """Return the selection if it needs no other place than the repository; that it does is remembered as well."""

    def compute() -> dict[str, Any]:
        pins, problems = pins_of(lock, target, extras, groups)
        found: list[Wheel] = []
        for pin in pins.values():
            wheel = held_wheel(pin, target, held)
            if problems or wheel is None or not held.is_best(pin.name, wheel.sha256, pin.hashes):
                return _to_keep([], [], complete=False)
            found.append(wheel)
        return _to_keep(found, [], complete=not problems)

    kept = cache.memo(_KIND, key, compute, valid=_is_selection, keep=_is_without_secrets, refresh=refresh)
    return _kept(kept) if kept["complete"] and all(map(os.path.isfile, kept["paths"])) else None


def _to_keep(wheels: list[Wheel], warnings: list[str], *, complete: bool) -> dict[str, Any]:
    return {
        "wheels": [dataclasses.astuple(wheel) for wheel in sorted(wheels, key=lambda wheel: wheel.name)],
        "paths": [wheel.path for wheel in wheels if wheel.path],
        "warnings": warnings,
        "complete": complete,
    }


def _kept(kept: Mapping[str, Any]) -> Selection:
    return Selection(tuple(Wheel(*values) for values in kept["wheels"]), tuple(kept["warnings"]))


def _is_without_secrets(value: Any) -> bool:
    return not any(has_secret(url) for *_unused, url, _path in value["wheels"] if url)


def _is_selection(kept: Any) -> bool:
    """Return whether what the cache holds is what was put there."""
    if not isinstance(kept, dict) or not all(isinstance(kept.get(key), list) for key in ("wheels", "paths", "warnings")):
        return False
    return all(isinstance(text, str) for text in (*kept["paths"], *kept["warnings"])) and all(map(_is_wheel, kept["wheels"]))


def _is_wheel(values: Any) -> bool:
    if not isinstance(values, list) or len(values) != 7:
        return False
    name, version, filename, sha256, size, url, path = values
    return (
        all(isinstance(text, str) for text in (name, version))
        and file_name_problem(filename) is None
        and digest_problem(sha256) is None
        and (size is None or is_number(size))
        and all(place is None or isinstance(place, str) for place in (url, path))
    )


def prove(
    declared: Iterable[DeclaredLock],
    targets: Iterable[Target],
    *,
    offers: Callable[[], WheelCandidates],
    cache: ControllerCache,
    held: Callable[[Target], HeldWheels] = lambda _target: NONE_HELD,
) -> dict[tuple[str, str], Selection]:
    """Select every declared lock for every target; what is missing anywhere is raised together, before a host is touched."""
    everywhere = tuple({target.identity: target for target in targets}.values())
    selections: dict[tuple[str, str], Selection] = {}
    problems: list[str] = []
    unavailable: list[str] = []
    for environment in declared:
        for target in environment.targets if environment.targets is not None else everywhere:
            try:
                selections[environment.name, target.label] = select(
                    environment.lock,
                    target,
                    extras=environment.extras,
                    groups=environment.groups,
                    offers=offers,
                    cache=cache,
                    held=held(target),
                )
            except LockUnfit as error:
                unavailable.extend(text for text in error.unavailable if text not in unavailable)
                found = [f"virtualenv {environment.name}: {problem}" for problem in error.of_the_lock]
                problems.extend(problem for problem in found if problem not in problems)
            except HermeticError as error:
                found = [f"virtualenv {environment.name}: {problem}" for problem in error.problems or [error.message]]
                problems.extend(problem for problem in found if problem not in problems)
    if problems:
        raise _cannot_be_installed(
            "Not every declared VirtualEnv can be installed on every platform; no host was changed", problems, unavailable
        )
    return selections


class LockUnfit(HermeticError):
    """Raised when a lock has no wheel for a target; ``unavailable`` are the sources that could not be asked, which come first."""

    def __init__(self, message: str, of_the_lock: Sequence[str], unavailable: Sequence[str]) -> None:
        self.unavailable = tuple(unavailable)
        self.of_the_lock = tuple(of_the_lock)
        super().__init__(message, [*(f"the package source {text}" for text in unavailable), *of_the_lock])


def _cannot_be_installed(message: str, problems: Sequence[str], unavailable: Sequence[str]) -> LockUnfit:
    if unavailable:
        more = f" (and {len(unavailable) - 1} more)" if len(unavailable) > 1 else ""
        message = f"A package source cannot be asked: {unavailable[0]}{more}. {message}"
    return LockUnfit(message, problems, unavailable)
