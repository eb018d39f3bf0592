# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lints one specification: its own rules, its lock, and the names and versions that an index knows."""

from __future__ import annotations

from collections.abc import Callable

from packaging.requirements import Requirement
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ....module_utils.hermetic.errors import HermeticError
from ...locks.lock_file import Lock
from ...locks.simple_index import Offer, WheelCandidates
from ..formats.problem import Problem
from ..formats.specification import FieldPath, Specification, WheelList
from ..legacy.conversion import converted
from ..legacy.names import package_name, package_version
from ..locking.currency import currency_problems, record_of, served
from ..locking.lock_place import uv_lock_path
from ..locking.reading import read_lock_of
from ..locking.targets import Asked, targets_of
from .found import Findings
from .requirement_rules import lint_requirements
from .tag_rules import lint_tags
from .wheel_rules import lint_wheels

_UNCLEAR = ("requires-python-unfulfillable", "python-version-invalid", "setting-invalid", "platform-unknown")


def lint_specification(specification: Specification, *, candidates: Callable[[], WheelCandidates] | None = None) -> list[Problem]:
    """Return everything that is wrong; ``candidates`` None leaves out what only an index knows."""
    findings = Findings(specification)
    content = specification.content
    if isinstance(content, WheelList):
        lint_wheels(content, findings)
        lint_tags(content, findings)
    else:
        lint_requirements(content, findings)
    if candidates is not None:
        _lint_names(specification, candidates(), findings)
    return [*findings.in_order(), *_lint_lock(specification, findings)]


def _required(specification: Specification) -> dict[FieldPath, Requirement]:
    """Return what is required, by the field that says it."""
    content = specification.content
    found: dict[FieldPath, Requirement] = {}
    if isinstance(content, WheelList):
        for number, wheel in enumerate(content.wheels):
            named, version = package_name(wheel.name), package_version(wheel.version).public
            if named is not None:
                found["wheel", number] = Requirement(f"{named.name}=={version}" if version else named.name)
        return found
    for number, text in enumerate(content.dependencies):
        requirement = Requirement(text)
        if not requirement.url:
            found["dependencies", number] = requirement
    return found


def _lint_names(specification: Specification, candidates: WheelCandidates, findings: Findings) -> None:
    required = _required(specification)
    if not required:
        return
    offers = candidates.of(sorted({canonicalize_name(requirement.name) for requirement in required.values()}))
    unreadable = sorted({text for offer in offers.values() for text in offer.unreadable})
    for text in unreadable:
        findings.add("index-unreadable", f"names could not be looked up everywhere: {text}", severity="warning")
    for path, requirement in required.items():
        offer = offers[canonicalize_name(requirement.name)]
        if offer.unreadable:
            continue
        if not offer.files:
            findings.add("name-unknown", f"no package {requirement.name} is in the index", *path)
        elif not _has(requirement, offer, wheels=False):
            findings.add("version-unknown", f"the index has no version of {requirement.name} that is {requirement.specifier}", *path)
        elif not _has(requirement, offer, wheels=True):
            wanted = f"{requirement.name}{requirement.specifier}"
            findings.add("no-wheel", f"the index has only the source of {wanted}, and no host builds it; publish a wheel", *path)


def _has(requirement: Requirement, offer: Offer, *, wheels: bool) -> bool:
    return any(requirement.specifier.contains(version, prereleases=True) for version in _versions(offer, wheels=wheels))


def _versions(offer: Offer, *, wheels: bool) -> set[Version]:
    found = set()
    for file in offer.files:
        try:
            if file.filename.endswith(".whl"):
                found.add(parse_wheel_filename(file.filename)[1])
            elif not wheels:
                found.add(parse_sdist_filename(file.filename)[1])
        except (InvalidWheelFilename, InvalidSdistFilename, ValueError):
            continue
    return found


def _lint_lock(specification: Specification, findings: Findings) -> list[Problem]:
    if not specification.path or specification.path == "-c":
        return []
    try:
        lock = read_lock_of(specification)
        if lock is None:
            if specification.is_empty:
                return []
            message = f"it has no lock; make one: hermetic-spec lock {specification.path}"
            return [Problem("lock-missing", message, "info", path=specification.path)]
        lock.check()
        return _unfit(specification, lock, findings)
    except HermeticError as error:
        path = str(uv_lock_path(specification.path))
        problems = error.problems or []
        return [Problem("lock-invalid", text, path=specification.path if path not in text else path) for text in (error.message, *problems)]


def _unfit(specification: Specification, lock: Lock, findings: Findings) -> list[Problem]:
    if any(problem.rule in _UNCLEAR for problem in findings.in_order()):
        # What it is to be locked for is not known.
        return []
    content = converted(specification).requirements
    return currency_problems(specification, content, lock, served(lock, targets_of(content, Asked(), recorded=record_of(lock))))
