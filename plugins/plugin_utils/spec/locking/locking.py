# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the lock of a specification: resolves once, proves that every platform has its wheels, and writes it beside the file."""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.fs.atomic import write_text
from ...locks.package_sources import PackageSources
from ...locks.pylock import parse_pylock, select_from_pylock
from ..formats.specification import Requirements, Specification
from ..legacy.conversion import converted
from .kept_wheels import KeptWheels
from .lock_record import LockRecord
from .lock_text import empty_document, lock_document, lock_text
from .pythons import narrowed
from .resolver import Question, Resolver, resolver
from .targets import Asked, Targets, targets_of


@dataclass(frozen=True)
class MadeLock:
    """A lock, before it is written."""

    path: Path
    text: str
    record: LockRecord
    packages: int
    warnings: tuple[str, ...] = ()


def make_lock(
    specification: Specification,
    *,
    path: Path,
    asked: Asked,
    sources: PackageSources,
    upgrade: bool = False,
    tool: Resolver | None = None,
) -> MadeLock:
    """Return the lock of a specification; raises HermeticError with everything that stands in its way."""
    content = requirements_of(specification)
    targets = targets_of(content, asked)
    directory = path.absolute().parent
    if content.is_empty:
        document, warnings = empty_document(content.requires_python), []
    else:
        tool = tool or resolver()
        oldest = min((target.version for target in targets.targets), key=_numbers).rpartition(".")[0]
        requires_python = narrowed(content.requires_python, oldest)
        question = Question(
            content.dependencies,
            python=oldest,
            exactly=specification.form.is_legacy,
            known="" if upgrade else _known(path),
        )
        answer = tool.resolve(question, sources)
        document = lock_document(
            answer.text,
            resolved_in=answer.directory,
            directory=directory,
            requires_python=requires_python,
            kept=KeptWheels(requires_python, targets.platforms),
        )
        warnings = (
            [] if tool.universal else [f"{tool.name} resolves for this machine only; install uv to resolve for every platform at once"]
        )
    proved, lacking = _prove(document, targets, path)
    if not proved or (lacking and targets.platforms_named):
        raise HermeticError(
            f"{specification.path} cannot be locked for every platform that {targets.origin or 'bundles exist for'} names; nothing was written",
            [problem for problems in lacking.values() for problem in problems],
        )
    for platform, problems in lacking.items():
        warnings.append(f"not for {platform}: {'; '.join(problems)}")
    pythons = tuple(dict.fromkeys(target.version.rpartition(".")[0] for target in targets.targets))
    record = LockRecord(specification.digest, proved, pythons)
    return MadeLock(path, lock_text(document, record), record, len(document["packages"]), tuple(warnings))


def requirements_of(specification: Specification) -> Requirements:
    """Return the requirements of a specification, converted where it lists wheels; raises HermeticError where that is not possible."""
    conversion = converted(specification)
    if conversion.problems:
        raise HermeticError(f"{specification.path} cannot be converted to requirements", [str(problem) for problem in conversion.problems])
    return conversion.requirements


def write_lock(made: MadeLock, *, force: bool = False) -> bool:
    """Write a lock where it differs from what is there; returns whether it did. A file that this command did not make is left alone."""
    if os.path.lexists(made.path):
        if not force and (problem := _not_ours(made.path)):
            raise HermeticError(f"{made.path} is left as it is: {problem}. Move it away, or give --force")
        if not made.path.is_symlink() and made.path.is_file() and made.path.read_bytes() == made.text.encode():
            return False
    write_text(made.path, made.text)
    return True


def _not_ours(path: Path) -> str | None:
    if path.is_symlink():
        return "it is a link"
    if not path.is_file():
        return "it is no regular file"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        return "it is no lock of this command, not even TOML"
    tool = document.get("tool")
    if not isinstance(tool, Mapping) or "hermetic" not in tool:
        return "another tool made it, since it has no [tool.hermetic]"
    return None


def _known(path: Path) -> str:
    """Return the lock of before for a resolver that keeps its versions; none where it is none."""
    if not path.is_file():
        return ""
    try:
        text = path.read_text(encoding="utf-8")
        document: dict[str, Any] = tomllib.loads(text)
    except (OSError, ValueError, RecursionError):
        return ""
    return text if isinstance(document.get("packages"), list) and document["packages"] else ""


def _prove(document: Mapping[str, Any], targets: Targets, path: Path) -> tuple[tuple[str, ...], dict[str, list[str]]]:
    """Return the platforms on which every package has a wheel, and what the others lack."""
    lock = parse_pylock(lock_text(document, LockRecord("0" * 64)), path=path)
    lacking: dict[str, list[str]] = {}
    for target in targets.targets:
        problems = select_from_pylock(lock, target, directory=path.absolute().parent)[1]
        if problems:
            lacking.setdefault(target.platform.name, []).extend(
                problem for problem in problems if problem not in lacking.get(target.platform.name, [])
            )
    return tuple(platform for platform in targets.platforms if platform not in lacking), lacking


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def without_local_places(sources: PackageSources, *, given: Sequence[str]) -> PackageSources:
    """Return the sources without the directories of this machine that pip is configured with: a lock is for others as well.

    Those that were asked for stay, and so do all where there are no others.
    """
    from ...net.controller_cache import local_path

    def stays(location: str) -> bool:
        return location in given or local_path(location) is None

    indexes = tuple(filter(stays, sources.configured_urls))
    links = tuple(filter(stays, sources.find_links))
    if not indexes and not links and sources.built_in is None:
        return sources
    return dataclasses.replace(sources, configured_urls=indexes, find_links=links)
