# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the wheels that a lock selects exist, with the digests of the lock, from a repository or an index."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ....module_utils.hermetic.errors import HermeticError
from ...locks.marker_logic import judge
from ...locks.simple_index import Offer, OfferedFile, WheelCandidates
from ...locks.wheel import Wheel
from ...locks.wheel_ranking import best_first
from ...net.controller_cache import local_path
from ...platforms import Target
from ...repository.index import Index

Finding = tuple[str, str]
"""A rule and what is wrong."""


@dataclass(frozen=True)
class Places:
    """Where wheels are looked for; ``candidates`` is asked only for what the repository does not have."""

    repository: Index | None
    candidates: Callable[[], WheelCandidates] | None


def missing_wheels(wheels: Iterable[Wheel], places: Places) -> dict[str, Finding]:
    """Return what is wrong with each wheel that cannot be had as it is locked, by its file name."""
    wanted = {wheel.sha256: wheel for wheel in wheels if not _in_repository(wheel, places.repository)}
    if not wanted:
        return {}
    if places.candidates is None:
        return {wheel.filename: ("wheel-missing", f"{wheel.filename} is not in the repository") for wheel in wanted.values()}
    candidates = places.candidates()
    offers = candidates.of(sorted({wheel.name for wheel in wanted.values()}))
    found: dict[str, Finding] = {}
    for wheel in wanted.values():
        finding = _difference(wheel, offers[wheel.name], candidates)
        if finding is not None:
            found[wheel.filename] = finding
    return found


def _in_repository(wheel: Wheel, repository: Index | None) -> bool:
    location = repository.wheel(wheel.sha256) if repository is not None else None
    if location is None:
        return False
    path = local_path(location)
    return path is None or os.path.isfile(path)


def _difference(wheel: Wheel, offer: Offer, candidates: WheelCandidates) -> Finding | None:
    same = [file for file in offer.files if file.filename == wheel.filename]
    digests = []
    for file in same:
        try:
            digests.append(candidates.digest(file))
        except HermeticError as error:
            return "source-unreadable", f"{wheel.filename} cannot be read: {error.message}"
    if wheel.sha256 in digests:
        return None
    if digests:
        return "wheel-changed", f"{wheel.filename} has the hash {digests[0][:12]}…, and {wheel.sha256[:12]}… is locked"
    if offer.unreadable:
        return (
            "source-unreadable",
            f"{wheel.filename} was not found, and not every package source could be asked: {'; '.join(offer.unreadable)}",
        )
    return "wheel-missing", f"{wheel.filename} is neither in the repository nor in an index"


def unlocked_problems(dependencies: Iterable[str], target: Target, offers: Mapping[str, Offer]) -> list[Finding]:
    """Return the requirements for which nothing offers a wheel that a target takes."""
    found: list[Finding] = []
    for text in dependencies:
        requirement = Requirement(text)
        values = {**target.environment, "extra": ""}
        if judge(requirement.marker, values, unknown=target.unknown_markers, context="metadata").applies is False or requirement.url:
            continue
        offer = offers[canonicalize_name(requirement.name)]
        if not best_first(_of_versions(offer.files, requirement), target, filename=lambda file: file.filename):
            wanted = f"{requirement.name}{requirement.specifier}"
            if offer.unreadable:
                found.append(
                    (
                        "source-unreadable",
                        f"no wheel of {wanted}, and not every package source could be asked: {'; '.join(offer.unreadable)}",
                    )
                )
            else:
                found.append(("wheel-missing", f"no wheel of {wanted} for {target.label}"))
    return found


def _of_versions(files: Iterable[OfferedFile], requirement: Requirement) -> list[OfferedFile]:
    return [
        file
        for file in files
        if (version := _version(file.filename)) is not None and requirement.specifier.contains(version, prereleases=True)
    ]


def _version(filename: str) -> Version | None:
    if not filename.endswith(".whl"):
        return None
    try:
        return parse_wheel_filename(filename)[1]
    except ValueError:
        return None
