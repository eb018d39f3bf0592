# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Locks of the form pylock.toml (PEP 751): whether one is current, and its wheels for this Python."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from ..errors import HermeticError
from ..text.grammar import digest_problem, file_name_problem, shown
from .pinned import NotForThisPython, PinnedWheel
from .question import Question
from .this_python import full_version, marker_errors, tags
from .toml_text import parse_toml

if TYPE_CHECKING:
    from packaging.pylock import Package, PackageWheel

_FORMAT = 1


def wheels_of_pylock(question: Question) -> list[PinnedWheel]:
    """Return the wheels that a lock selects for this Python; raises HermeticError where it is not that of the specification."""
    from packaging.pylock import PackageWheel, Pylock, PylockSelectError, PylockValidationError

    path = question.lock_file
    try:
        document = parse_toml(question.lock)
        lock = Pylock.from_dict(document)
    except (PylockValidationError, TypeError, AttributeError, KeyError, ValueError) as error:
        raise HermeticError(
            f"The lock {path} is no valid pylock file: {error}. Lock again with hermetic-spec lock {question.file}"
        ) from error
    _require_current(document, question)
    if lock.requires_python is not None and not lock.requires_python.contains(full_version(), prereleases=True):
        raise NotForThisPython(str(lock.requires_python), path)
    problems: list[str] = []
    found: list[PinnedWheel] = []
    try:
        for package, chosen in lock.select(tags=tags()):
            if isinstance(chosen, PackageWheel):
                found += _pinned(package, chosen, path, problems)
            else:
                problems.append(f"{package.name}: it is locked as {_what(chosen)}; only wheels are installed here")
    except PylockSelectError as error:
        problems.append(str(error))
    except marker_errors() as error:
        problems.append(f"a marker cannot be evaluated: {error}")
    if problems:
        raise HermeticError(f"The lock {path} cannot be installed with Python {full_version()} here.", problems)
    return found


def _require_current(document: dict[str, Any], question: Question) -> None:
    tool = document.get("tool")
    ours = tool.get("hermetic") if isinstance(tool, dict) else None
    again = f"Lock again with 'hermetic-spec lock {question.file}'."
    if not isinstance(ours, dict):
        raise HermeticError(
            f"The lock {question.lock_file} does not say which specification it is of: it has no table [tool.hermetic]. {again}"
        )
    if ours.get("format") != _FORMAT:
        raise HermeticError(
            f"The lock {question.lock_file} has format {shown(ours.get('format'))} in [tool.hermetic]; this reads {_FORMAT}. {again}"
        )
    if ours.get("specification") != f"sha256:{question.text_digest}":
        raise HermeticError(
            f"The lock {question.lock_file} is not current: it is of {shown(ours.get('specification'))}, and {question.file} has "
            f"sha256:{question.text_digest}. {again}"
        )


def _pinned(package: Package, wheel: PackageWheel, path: str, problems: list[str]) -> list[PinnedWheel]:
    sha256 = str(wheel.hashes.get("sha256", "")).lower()
    filename = wheel.filename
    if digest_problem(sha256) is not None:
        problems.append(f"{package.name}: {shown(filename)} has no SHA-256; {digest_problem(sha256)}")
        return []
    if file_name_problem(filename) is not None:
        problems.append(f"{package.name}: the wheel {shown(filename)} cannot be used: {file_name_problem(filename)}")
        return []
    sources = [wheel.url] if wheel.url else []
    if wheel.path:
        sources.append(os.path.join(os.path.dirname(path), wheel.path))
    return [PinnedWheel(package.name, str(package.version or ""), (sha256,), filename, wheel.size, tuple(sources))]


def _what(chosen: object) -> str:
    names = {
        "PackageVcs": "a version control system",
        "PackageDirectory": "a directory",
        "PackageArchive": "an archive",
        "PackageSdist": "sources",
    }
    return names.get(type(chosen).__name__, "something else")
