# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lock that stands for a specification: it lies beside it and is current, or there is one error that says how to lock."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from packaging.specifiers import SpecifierSet

from ....module_utils.hermetic.errors import HermeticError
from ...locks.lock_file import Lock, read_lock
from ...platforms import Target
from ..formats.specification import Requirements, Specification, WheelList
from ..reading.trust import refuse_lock_of_others
from .currency import currency_problems, record_of, served
from .lock_place import lock_path, uv_lock_path


def lock_in_force(specification: Specification) -> Lock | None:
    """Return the current lock of a specification; None where there is none, and nothing to lock. Raises HermeticError otherwise.

    These are the rules of vpython3 on a host: beside the file as it is named, then beside what it is a link to.
    """
    path = _lock_file(specification)
    if path is None:
        if _needs_no_lock(specification):
            return None
        raise HermeticError(lock_missing(specification))
    refuse_lock_of_others(path, specification=Path(specification.path))
    lock = read_lock(path)
    lock.check()
    problems = _problems(specification, lock)
    if problems:
        raise HermeticError(f"The lock {path} is not current: {problems[0]}", problems[1:])
    return lock


def lock_missing(specification: Specification) -> str:
    """Say that a specification has no lock, and how it gets one."""
    return (
        f"{specification.path} is not locked: there is no {lock_path(specification.path).name} beside it. "
        f"Lock it: hermetic-spec lock {specification.path}"
    )


def python_problem(specification: Specification, targets: Iterable[Target]) -> str | None:
    """Say which Pythons a specification is not for; None where it is for all of these."""
    required = _required_python(specification)
    if required is None:
        return None
    accepted = SpecifierSet(required)
    others = list(dict.fromkeys(target.version for target in targets if not accepted.contains(target.version, prereleases=True)))
    if not others:
        return None
    return (
        f"{specification.path} needs Python {required}, and the bundle has {', '.join(others)}; "
        "name another bundle, or change the specification and lock it again"
    )


def _lock_file(specification: Specification) -> Path | None:
    named = Path(specification.path)
    places = [named, *([Path(os.path.realpath(named))] if named.is_symlink() else [])]
    for place in places:
        # Requirements with hashes say nothing of a list of wheels.
        for path in (lock_path(place), *(() if specification.form.is_legacy else (uv_lock_path(place),))):
            if os.path.lexists(path):
                return path
    return None


def _needs_no_lock(specification: Specification) -> bool:
    return not specification.text.strip() or (isinstance(specification.content, Requirements) and specification.is_empty)


def _problems(specification: Specification, lock: Lock) -> list[str]:
    again = f"lock it again: hermetic-spec lock {specification.path}"
    if lock.kind == "pylock":
        record = record_of(lock)
        if record is None:
            return [f"it does not say which specification it is of ([tool.hermetic]); {again}"]
        if record.specification != specification.digest:
            was, now = record.specification[:12], specification.digest[:12]
            return [f"it is of another text of {specification.path} (sha256:{was}…, now sha256:{now}…); {again}"]
        return []
    from .targets import Asked, targets_of

    content = specification.content
    if not isinstance(content, Requirements):
        raise AssertionError("requirements with hashes are read for requirements only")
    targets = served(lock, targets_of(content, Asked()))
    return [problem.message for problem in currency_problems(specification, content, lock, targets)]


def _required_python(specification: Specification) -> str | None:
    content = specification.content
    if isinstance(content, WheelList):
        if not content.python_version:
            return None
        from .locking import requirements_of

        return requirements_of(specification).requires_python
    return content.requires_python
