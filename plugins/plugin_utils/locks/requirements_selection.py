# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels a requirements lock means on a target: of those that a repository holds, and of what package sources offer."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Sequence
from pathlib import Path

from packaging.utils import canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import Version

from ..platforms import Target
from .held_wheels import HeldWheels
from .lock_file import Lock
from .marker_logic import UndefinedMarker, Verdict, undecided
from .requirements_lock import PinnedRequirement
from .simple_index import Offer, WheelCandidates
from .wheel import Wheel
from .wheel_ranking import best_first


def pins_of(
    lock: Lock, target: Target, extras: Sequence[str], groups: Sequence[str] | None
) -> tuple[dict[str, PinnedRequirement], list[str]]:
    """Return what a lock pins for a target, by name, and the problems."""
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
        except UndefinedMarker as error:
            problems.append(f"{pin.where}: the marker of {pin.name} cannot be evaluated for {target.label}: {error.reason}")
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
    return pins, problems


def select_from_requirements(
    lock: Lock, target: Target, extras: Sequence[str], groups: Sequence[str] | None, candidates: WheelCandidates, held: HeldWheels
) -> tuple[list[Wheel], list[str], list[str], list[str]]:
    """Return the wheels, the problems, the warnings, and the package sources that could not be asked."""
    pins, problems = pins_of(lock, target, extras, groups)
    if problems:
        return [], problems, [], []
    known = {name: held_wheel(pin, target, held) for name, pin in pins.items()}
    sure = [name for name, wheel in known.items() if wheel is not None and held.is_best(name, wheel.sha256, pins[name].hashes)]
    asked = [name for name in pins if name not in sure]
    # Where no index is known, what the repository has will do.
    offers = candidates.of(asked) if any(known[name] is None for name in asked) or not candidates.sources.unknown else {}

    wheels: list[Wheel] = []
    warnings: list[str] = []
    unreadable: list[str] = []
    elsewhere: list[str] = []
    for name in pins:
        page = offers.get(name, Offer(()))
        offer = Offer((*page.files, *held.of(name)), page.unreadable)
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


def held_wheel(pin: PinnedRequirement, target: Target, held: HeldWheels) -> Wheel | None:
    """Return the best wheel for a target that a repository holds and a lock allows."""
    files = [file for file in held.of(pin.name) if file.sha256 in pin.hashes and _is_version(file.filename, pin)]
    files = [file for file in files if file.path is None or Path(file.path).is_file()]
    best = next(iter(best_first(files, target, filename=lambda file: file.filename)), None)
    if best is None or best.sha256 is None:
        return None
    return Wheel(pin.name, str(pin.version), best.filename, best.sha256, best.size, best.url, best.path)


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
