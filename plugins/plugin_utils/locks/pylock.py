# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading ``pylock.toml`` (PEP 751) and choosing its wheels for a target, with all problems named at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.pylock import Package, PackageArchive, PackageWheel, Pylock, PylockValidationError
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import digest_problem, file_name_problem, shown
from ..platforms import Target
from .marker_logic import UndefinedMarker, Verdict, judge, undecided
from .wheel import Wheel, offered_builds
from .wheel_ranking import best_first


def parse_pylock(text: str, *, path: Path) -> Pylock:
    """Parse and validate a lock file's text."""
    try:
        return Pylock.from_dict(tomllib.loads(text))
    except RecursionError as error:
        raise HermeticError(f"Lock {path} is not TOML that a tool wrote: it is nested too deeply; lock it again") from error
    except (PylockValidationError, TypeError, AttributeError, KeyError) as error:
        raise HermeticError(f"Lock {path} is not a valid pylock file: {error}; lock it again") from error
    except ValueError as error:  # not TOML, or a number with more digits than Python reads
        raise HermeticError(f"Lock {path} is not TOML: {error}; lock it again") from error


def select_from_pylock(
    lock: Pylock, target: Target, *, directory: Path, extras: Collection[str] = (), groups: Sequence[str] | None = None
) -> tuple[list[Wheel], list[str]]:
    """Return the wheels for the target and every problem that keeps a package from having one."""
    problems = _unknown_names(lock, extras, groups)
    if lock.requires_python and not lock.requires_python.contains(Version(target.version), prereleases=True):
        problems.append(
            f"the lock is for Python {lock.requires_python}, {target.label} has {target.version}; lock for that version as well"
        )
    problems += _environment_problems(lock, target)
    if problems:
        return [], problems

    chosen: dict[str, Package] = {}
    unclear: dict[str, Verdict] = {}
    values = _marker_values(lock, target, extras, groups)
    for package in lock.packages:
        try:
            verdict = judge(package.marker, values, unknown=target.unknown_markers, context="lock_file")
        except UndefinedMarker as error:
            problems.append(f"{package.name}: its marker {str(package.marker)!r} cannot be evaluated for {target.label}: {error.reason}")
            continue
        if verdict.applies is None:
            unclear[package.name] = verdict
        if not verdict.applies:
            continue
        if package.name in chosen:
            versions = f"{chosen[package.name].version} and {package.version}"
            problems.append(
                f"{package.name}: two entries, {versions}, apply to {target.label}; lock again so that their markers exclude each other"
            )
            continue
        chosen[package.name] = package

    if unclear:
        problems.append(undecided(unclear, label=target.label, platform=target.platform.name))
    wheels: list[Wheel] = []
    for package in chosen.values():
        found = _wheel_of(package, target, directory)
        if isinstance(found, Wheel):
            wheels.append(found)
        else:
            problems.append(found)
    return wheels, problems


def _unknown_names(lock: Pylock, extras: Collection[str], groups: Sequence[str] | None) -> list[str]:
    problems = []
    known_extras = list(lock.extras or [])
    for extra in extras:
        if canonicalize_name(extra) not in {canonicalize_name(known) for known in known_extras}:
            problems.append(f"the lock has no extra {extra!r}; it has: {', '.join(known_extras) or 'none'}")
    known_groups = list(lock.dependency_groups or [])
    normalised = {canonicalize_name(group) for group in [*known_groups, *(lock.default_groups or [])]}
    for group in groups or []:
        if canonicalize_name(group) not in normalised:
            problems.append(f"the lock has no dependency group {group!r}; it has: {', '.join(known_groups) or 'none'}")
    return problems


def _marker_values(lock: Pylock, target: Target, extras: Collection[str], groups: Sequence[str] | None) -> dict[str, str | frozenset[str]]:
    return {
        **target.environment,
        "extras": frozenset(canonicalize_name(extra) for extra in extras),
        "dependency_groups": frozenset(canonicalize_name(group) for group in ((lock.default_groups or []) if groups is None else groups)),
    }


def _environment_problems(lock: Pylock, target: Target) -> list[str]:
    """Say why the lock is not for the target's environment, where it names those that it is for."""
    verdicts = {
        str(marker): judge(marker, target.environment, unknown=target.unknown_markers, context="requirement")
        for marker in lock.environments or []
    }
    if not verdicts or any(verdict.applies for verdict in verdicts.values()):
        return []
    unclear = {f"the lock for {marker!r}": verdict for marker, verdict in verdicts.items() if verdict.applies is None}
    if unclear:
        return [undecided(unclear, label=target.label, platform=target.platform.name)]
    return [f"the lock was made for other environments than {target.label}: {' | '.join(verdicts)}; lock for it as well"]


def _wheel_of(package: Package, target: Target, directory: Path) -> Wheel | str:
    name = f"{package.name} {package.version}" if package.version else package.name
    if package.requires_python and not package.requires_python.contains(Version(target.version), prereleases=True):
        return f"{name} needs Python {package.requires_python}, {target.label} has {target.version}; lock a version that supports it"
    if package.archive is not None:
        return _wheel_from_archive(package, package.archive, target, directory)
    if package.vcs is not None:
        return f"{name} is locked to a {package.vcs.type} checkout; build a wheel of it, publish it and lock that"
    if package.directory is not None:
        return _directory_problem(name, package.directory.path, directory)
    fitting = best_first(package.wheels or [], target, filename=lambda wheel: wheel.filename)
    if not fitting:
        return no_wheel(name, target, [wheel.filename for wheel in package.wheels or []], has_sdist=package.sdist is not None)
    return _checked(name, fitting[0].filename, fitting[0], directory)


def _directory_problem(name: str, path: str, directory: Path) -> str:
    """Say what to do about a source directory: most often it is the project that the lock was made in."""
    home = directory.resolve()
    named = (directory / path).resolve()
    if named == home or named in home.parents:
        return (
            f"{name} is locked to the source directory {path!r}, which is the project itself; export the lock without it: "
            "uv export --no-emit-project --format pylock.toml. Or build a wheel of it, publish it and lock that"
        )
    return (
        f"{name} is locked to the source directory {path!r}; build a wheel of it, publish it and lock that. "
        f"uv export --no-emit-workspace leaves out the members of a workspace, --no-emit-package {name.split()[0]} this one"
    )


def no_wheel(name: str, target: Target, offered: Sequence[str], *, has_sdist: bool) -> str:
    """Say that a package has no wheel for a target, what there is instead, and what to do."""
    if offered:
        builds = offered_builds(offered, abi=target.abi, system=target.platform.system)
        return f"no wheel of {name} for {target.label}; there is: {builds}; lock a version that has one, or build and publish one"
    source = "only its source" if has_sdist else "no file at all"
    return f"no wheel of {name} for {target.label}; the lock has {source}: build a wheel, publish it and lock that"


def _wheel_from_archive(package: Package, archive: PackageArchive, target: Target, directory: Path) -> Wheel | str:
    location = archive.path or unquote(urlsplit(archive.url or "").path)
    filename = re.split(r"[/\\]", location)[-1]
    try:
        parse_wheel_filename(filename)
    except ValueError:
        return f"{package.name} is locked to the source archive {filename}; build a wheel of it, publish it and lock that"
    if not best_first([filename], target, filename=str):
        return no_wheel(package.name, target, [filename], has_sdist=False)
    return _checked(package.name, filename, archive, directory)


def _checked(name: str, filename: str, found: PackageWheel | PackageArchive, directory: Path) -> Wheel | str:
    sha256 = found.hashes.get("sha256", "").lower()
    problem = file_name_problem(filename)
    if problem is not None:
        return f"{name}: the lock has the file name {shown(filename)}; {problem}; lock it again"
    if digest_problem(sha256) is not None:
        return f"{name}: {filename} has no SHA-256 in the lock (it has: {', '.join(found.hashes)}); lock again with sha256 hashes"
    if "@" in urlsplit(found.url or "").netloc:
        return f"{name}: the lock holds a user name or password in the URL of {filename}; remove it there and give it as credentials or in netrc"
    project, version = parse_wheel_filename(filename)[:2]
    path = None
    if found.path is not None:
        path = directory / found.path
    elif urlsplit(found.url or "").scheme == "file":
        path = Path(unquote(urlsplit(found.url or "").path))
    if path is not None and not path.is_file():
        return f"{name}: the lock names {path}, which is not there; put the wheel there or lock again"
    size = path.stat().st_size if path is not None else found.size
    return Wheel(project, str(version), filename, sha256, size, None if path else found.url, str(path) if path else None)
