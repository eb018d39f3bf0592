# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a lock fits its specification: by digest, and by names, versions and hashes on each platform; pure but for reading the lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.grammar import digest_problem
from ...locks.lock_file import Lock
from ...locks.marker_logic import judge
from ...platforms import Target
from ..formats.problem import Problem
from ..formats.specification import Requirements, Specification
from .lock_record import LockRecord, lock_record
from .targets import Targets


@dataclass(frozen=True)
class LockedVersion:
    """A package of a lock on one target."""

    name: str
    version: Version | None
    hashes: frozenset[str]


def record_of(lock: Lock) -> LockRecord | None:
    """Return what a lock says of its specification, or None for requirements and locks of other tools."""
    if lock.kind != "pylock":
        return None
    try:
        return lock_record(lock.pylock.tool)
    except ValueError as error:
        raise HermeticError(f"Lock {lock.path}: {error}; lock again") from error


def served(lock: Lock, targets: Targets) -> tuple[Target, ...]:
    """Return the targets that a lock must serve: of platforms that nobody named, those that it could when it was made."""
    record = None if targets.platforms_named else record_of(lock)
    if record is None or not record.platforms:
        return targets.targets
    return tuple(target for target in targets.targets if target.platform.name in record.platforms)


def currency_problems(specification: Specification, content: Requirements, lock: Lock, targets: Sequence[Target]) -> list[Problem]:
    """Return everything in which a lock differs from its specification, whose requirements are ``content``."""
    again = f"lock it again: hermetic-spec lock {specification.path}"
    record = record_of(lock)
    if lock.kind == "pylock":
        if record is None:
            return [_problem("lock-foreign", lock, f"it does not say which specification it is of ([tool.hermetic]); {again}")]
        if record.specification != specification.digest:
            message = f"it is of another text of {specification.path} (sha256:{record.specification[:12]}…, now {specification.digest[:12]}…); {again}"
            return [_problem("lock-outdated", lock, message)]
    problems: dict[str, Problem] = {}
    for target in targets:
        for rule, message in _differences(content, lock, target, complete=specification.form.is_legacy):
            problems.setdefault(f"{rule}{message}", _problem(rule, lock, f"{message}; {again}"))
    missing = [target.platform.name for target in targets if record is not None and target.platform.name not in record.platforms]
    if missing:
        message = (
            f"it was made for {', '.join(record.platforms) if record else 'none'}, and lacks {', '.join(dict.fromkeys(missing))}; {again}"
        )
        problems["platforms"] = _problem("lock-outdated", lock, message)
    return list(problems.values())


def _problem(rule: str, lock: Lock, message: str) -> Problem:
    return Problem(rule, message, path=str(lock.path))


def _differences(content: Requirements, lock: Lock, target: Target, *, complete: bool) -> Iterable[tuple[str, str]]:
    """Yield what does not fit on one target; ``complete``: nothing else is in a lock of a list of wheels."""
    locked = locked_versions(lock, target)
    for package in locked.values():
        if not package.hashes or any(digest_problem(each) for each in package.hashes):
            yield "lock-hash", f"{package.name} has no SHA-256"
    required: set[str] = set()
    for text in content.dependencies:
        requirement = Requirement(text)
        name = canonicalize_name(requirement.name)
        if not _applies(requirement, target):
            continue
        required.add(name)
        found = locked.get(name)
        if requirement.url is not None and lock.kind == "requirements":
            yield "lock-outdated", f"{name} is required from a URL, which no lock of versions and hashes fulfils; require a version"
        elif found is None:
            yield "lock-outdated", f"{name} is required on {target.platform.name} and not in the lock"
        elif found.version is not None and not requirement.specifier.contains(found.version, prereleases=True):
            yield "lock-outdated", f"{name} is locked to {found.version}, and {requirement.specifier} is required"
    if complete:
        for surplus in sorted(set(locked) - required):
            yield "lock-outdated", f"{surplus} is in the lock for {target.platform.name} and not in the specification"


def _applies(requirement: Requirement, target: Target) -> bool:
    values: Mapping[str, Any] = {**target.environment, "extra": ""}
    return judge(requirement.marker, values, unknown=target.unknown_markers, context="metadata").applies is not False


def locked_versions(lock: Lock, target: Target) -> dict[str, LockedVersion]:
    """Return the packages of a lock that apply to a target."""
    found: dict[str, LockedVersion] = {}
    if lock.kind == "requirements":
        for pin in lock.requirements:
            if pin.judge(target.environment, unknown=target.unknown_markers).applies is not False:
                found[pin.name] = LockedVersion(pin.name, pin.version, pin.hashes)
        return found
    values: Mapping[str, Any] = {
        **target.environment,
        "extras": frozenset[str](),
        "dependency_groups": frozenset(lock.pylock.default_groups or ()),
    }
    for package in lock.pylock.packages:
        if judge(package.marker, values, unknown=target.unknown_markers, context="lock_file").applies is not False:
            hashes = frozenset(wheel.hashes.get("sha256", "") for wheel in package.wheels or [])
            found[package.name] = LockedVersion(package.name, package.version, hashes)
    return found
