# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses specifications and locks that somebody else put where they are found by their place, as git does with repositories of others."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.fs.ownership import WINDOWS, trusted_users, user

SAFE_VARIABLE = "HERMETIC_SAFE_DIRECTORIES"


def refuse_specification_of_others(path: Path, *, program: Path | None = None) -> None:
    """Raise an error when the file, what it leads to, or a directory that it lies in, belongs to somebody else or is everybody's.

    Trusted are root, this user, and whoever owns ``program``: that one decides already what runs.
    """
    if WINDOWS or _is_safe(path):
        return
    trusted = set(trusted_users())
    if program is not None:
        trusted.add(os.stat(program).st_uid)
    places = [path, path.parent]
    real = Path(os.path.realpath(path))
    if real != path:
        places += [real, real.parent]
    reasons = [reason for place in dict.fromkeys(places) if (reason := _reason(place, trusted)) is not None]
    if reasons:
        raise HermeticError(
            f"The specification {path} is not used: it was found by its place, and others than this user and root decide what is in it. "
            f"If you trust them, name the file explicitly, or add {path.parent} to the variable {SAFE_VARIABLE} (separated by {os.pathsep})",
            reasons,
        )


def refuse_lock_of_others(lock: Path, *, specification: Path) -> None:
    """Raise an error when a lock belongs to somebody else than the specification that it lies beside, who could have put it there.

    In a directory such as /tmp everybody can. Trusted are root, this user, and the owner of the specification.
    """
    if WINDOWS or _is_safe(lock):
        return
    trusted = {*trusted_users(), os.stat(specification).st_uid}
    places = dict.fromkeys((lock, Path(os.path.realpath(lock))))
    reasons = [f"{place}: it is owned by {user(owner)}" for place in places for owner in _owners(place) if owner not in trusted]
    if reasons:
        raise HermeticError(
            f"The lock {lock} is not used: it was found beside {specification}, and others than its owner, this user and root decide what is "
            f"in it. If you trust them, make a copy of your own, or add {lock.parent} to the variable {SAFE_VARIABLE} "
            f"(separated by {os.pathsep})",
            reasons,
        )


def _owners(place: Path) -> tuple[int, ...]:
    try:
        return (os.lstat(place).st_uid,)
    except OSError:
        # Reading the file says what is wrong.
        return ()


def _reason(place: Path, trusted: set[int]) -> str | None:
    try:
        status = os.lstat(place)
    except OSError:
        # Reading the file says what is wrong.
        return None
    if status.st_uid not in trusted:
        return f"{place}: it is owned by {user(status.st_uid)}"
    if stat.S_ISLNK(status.st_mode) or not status.st_mode & stat.S_IWOTH:
        return None
    if stat.S_ISDIR(status.st_mode) and status.st_mode & stat.S_ISVTX:
        return None
    return f"{place}: every user may write it (mode {stat.S_IMODE(status.st_mode):04o})"


def _is_safe(path: Path) -> bool:
    named = [Path(word) for word in os.environ.get(SAFE_VARIABLE, "").split(os.pathsep) if word]
    return any(path.parent == place or os.path.realpath(path.parent) == os.path.realpath(place) for place in named)
