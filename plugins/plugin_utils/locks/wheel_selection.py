# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels a lock means on a target, decided on the controller before any host is touched."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import digest_problem, file_name_problem, is_number
from ...module_utils.hermetic.text.redaction import has_secret
from ..net.controller_cache import ControllerCache, digest_of
from ..platforms import Target
from .lock_file import Lock
from .marker_logic import Verdict, undecided
from .requirements_lock import PinnedRequirement
from .simple_index import Offer, WheelCandidates
from .wheel import Wheel
from .wheel_ranking import best_first

_KIND = "selection-2"


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
    refresh: bool = False,
) -> Selection:
    """Return the wheels of a lock for a target, or raise one error with every package that has none.

    The answer is kept on disk, under a digest of all that decides it; ``refresh`` asks again. ``groups`` None means the
    lock's default groups. ``offers`` is called only for a requirements lock, which does not say where its wheels are.
    """
    key = digest_of(
        [
            lock.kind,
            lock.digest,
            str(lock.path.parent),
            target.identity,
            sorted(canonicalize_name(extra) for extra in extras),
            None if groups is None else sorted(canonicalize_name(group) for group in groups),
            offers().sources.digest if lock.kind == "requirements" else None,
        ]
    )

    def usable(kept: Any) -> bool:
        return _is_selection(kept) and kept["complete"] and all(map(os.path.isfile, kept["paths"]))

    def compute() -> dict[str, Any]:
        warnings: list[str] = []
        unavailable: list[str] = []
        if lock.kind == "pylock":
            from .pylock import select_from_pylock

            wheels, problems = select_from_pylock(lock.pylock, target, directory=lock.path.parent, extras=extras, groups=groups)
        else:
            wheels, problems, warnings, unavailable = _select_from_requirements(lock, target, extras, groups, offers())
        if problems:
            raise _cannot_be_installed(
                f"Lock {lock.path} cannot be installed on {target.label}; nothing was changed", problems, unavailable
            )
        wheels.sort(key=lambda wheel: wheel.name)
        return {
            "wheels": [dataclasses.astuple(wheel) for wheel in wheels],
            "paths": [wheel.path for wheel in wheels if wheel.path],
            "warnings": warnings,
            "complete": not unavailable,
        }

    def without_secrets(value: Any) -> bool:
        return not any(has_secret(url) for *_unused, url, _path in value["wheels"] if url)

    # A signed address is not written down: such a selection is made in each task.
    kept = cache.memo(_KIND, key, compute, valid=usable, keep=without_secrets, refresh=refresh)
    return Selection(tuple(Wheel(*values) for values in kept["wheels"]), tuple(kept["warnings"]))


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
    declared: Iterable[DeclaredLock], targets: Iterable[Target], *, offers: Callable[[], WheelCandidates], cache: ControllerCache
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
                    environment.lock, target, extras=environment.extras, groups=environment.groups, offers=offers, cache=cache
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


def _select_from_requirements(
    lock: Lock, target: Target, extras: Sequence[str], groups: Sequence[str] | None, candidates: WheelCandidates
) -> tuple[list[Wheel], list[str], list[str], list[str]]:
    """Return the wheels, the problems, the warnings, and the package sources that could not be asked."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    problems: list[str] = []
    if extras or groups:
        problems.append("a requirements lock has neither extras nor groups; leave them out, or lock as pylock.toml")
    pins: dict[str, PinnedRequirement] = {}
    unclear: dict[str, Verdict] = {}
    for pin in lock.requirements:
        try:
            verdict = pin.judge(target.environment, unknown=target.unknown_markers)
            if verdict.applies is None:
                unclear[pin.name] = verdict
            if not verdict.applies:
                continue
        except (UndefinedComparison, UndefinedEnvironmentName, ValueError) as error:
            problems.append(f"{pin.where}: the marker of {pin.name} cannot be evaluated for {target.label}: {error}")
            continue
        other = pins.setdefault(pin.name, pin)
        if other.version != pin.version:
            problems.append(
                f"{pin.name}: two versions apply to {target.label}: {other.version} ({other.where}) and {pin.version} ({pin.where}); keep one"
            )
        elif other is not pin:
            pins[pin.name] = dataclasses.replace(pin, hashes=pin.hashes & other.hashes)
            if not pins[pin.name].hashes:
                problems.append(f"{pin.name} {pin.version}: {other.where} and {pin.where} have no hash in common; keep one of them")
    if unclear:
        problems.append(undecided(unclear, label=target.label, platform=target.platform.name))
    if problems:
        return [], problems, [], []

    wheels: list[Wheel] = []
    warnings: list[str] = []
    unreadable: list[str] = []
    elsewhere: list[str] = []
    for name, offer in candidates.of(pins).items():
        found = _choose(pins[name], offer, target, candidates, warnings)
        unreadable.extend(text for text in offer.unreadable if text not in unreadable)
        if isinstance(found, Wheel):
            wheels.append(found)
        elif offer.unreadable:
            # Whether it is there is what nobody can know.
            elsewhere.append(f"{name} {pins[name].version}")
        else:
            problems.append(found)
    if elsewhere:
        problems.insert(0, f"no wheel in the package sources that answered, for {target.label}: {', '.join(elsewhere)}")
    if not problems:
        warnings.extend(f"A package source could not be asked: {text}" for text in unreadable)
    return wheels, problems, warnings, unreadable


def _choose(pin: PinnedRequirement, offer: Offer, target: Target, candidates: WheelCandidates, warnings: list[str]) -> Wheel | str:
    from .pylock import no_wheel

    name = f"{pin.name} {pin.version}"
    built = [file for file in offer.files if file.filename.endswith(".whl") and _is_version(file.filename, pin)]
    if not built:
        if any(_is_source(file.filename, pin) for file in offer.files):
            return f"no wheel of {name} for {target.label}; the index has only its source: build a wheel, publish it and lock that"
        other = "the project has other versions there" if offer.files else "the project is not known there"
        return f"{name} is in none of the configured package sources ({other}); publish it, or set index_url or find_links"
    usable = [file for file in built if (file.path is None or Path(file.path).is_file()) and _takes(file.requires_python, target)]
    usable.sort(key=lambda file: file.path or file.url or "")
    fitting = best_first(usable, target, filename=lambda file: file.filename)
    for file in fitting:
        if (sha256 := candidates.digest(file)) in pin.hashes:
            if file.yanked is not None:
                reason = f": {file.yanked}" if file.yanked else ""
                warnings.append(f"{name} was withdrawn by its authors (yanked){reason}; it is installed because the lock pins it")
            size = Path(file.path).stat().st_size if file.path else file.size
            return Wheel(pin.name, str(pin.version), file.filename, sha256, size, file.url, file.path)
    if fitting:
        names = ", ".join(dict.fromkeys(file.filename for file in fitting[:3]))
        return f"{name}: {pin.where} has no hash of a wheel for {target.label} (there is {names}); lock it again for that platform"
    return no_wheel(name, target, [file.filename for file in built], has_sdist=False)


def _is_version(filename: str, pin: PinnedRequirement) -> bool:
    # Pages list thousands of files; the full parse is for the few of the wanted version.
    parts = filename.split("-")
    if len(parts) not in (5, 6) or canonicalize_name(parts[0]) != pin.name or _version(parts[1]) != pin.version:
        return False
    try:
        parse_wheel_filename(filename)
    except ValueError:
        return False
    return True


def _is_source(filename: str, pin: PinnedRequirement) -> bool:
    try:
        return parse_sdist_filename(filename) == (pin.name, pin.version)
    except ValueError:
        return False


@functools.lru_cache(maxsize=4096)
def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except ValueError:
        return None


def _takes(requires_python: str | None, target: Target) -> bool:
    from packaging.specifiers import SpecifierSet

    try:
        return not requires_python or SpecifierSet(requires_python).contains(target.version, prereleases=True)
    except ValueError:  # InvalidSpecifier, and numbers with more digits than Python reads
        return True
