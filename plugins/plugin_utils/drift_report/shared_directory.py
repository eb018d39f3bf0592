# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that files are written into: made with their mode, and refused where another user could lead a write elsewhere."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from pathlib import Path

from ...module_utils.hermetic.errors import HermeticError

_MODE = 0o755
_LINKS = 40
"""How many links there may be on the way; who has more leads in a circle."""


def make_directory(path: Path, *, of_others: bool = False) -> Path:
    """Make a directory and those above it, and return it without links in it; raises HermeticError where other users may change the way to it.

    Nobody but root and this user may own it, or any directory or link on the way to it, and nobody else may write there, unless a directory is
    sticky, where they can add names and not take ours away. With ``of_others`` this holds for the way to it only: files are replaced in
    it without following anything that is there.
    """
    place, rest, links = Path("/"), list(reversed(path.absolute().parts[1:])), 0
    while rest:
        name = rest.pop()
        if name == "..":
            place = place.parent
            continue
        each = place / name
        if not os.path.lexists(each):
            _make(each)
        status = os.lstat(each)
        if stat.S_ISLNK(status.st_mode):
            links += 1
            _require_safe(path, each, None if is_ours(status) else f"is a link that {_belongs(status)}")
            _require_safe(path, each, None if links <= _LINKS else "is a link that leads in a circle")
            target = Path(os.readlink(each))
            place = Path("/") if target.is_absolute() else place
            rest += reversed(target.parts[1:] if target.is_absolute() else target.parts)
            continue
        if not stat.S_ISDIR(status.st_mode):
            raise HermeticError(f"{path} cannot be a directory: {each} is there and is not one. Move it away, or name another directory.")
        if rest or not of_others:
            _require_safe(path, each, _unsafe(status))
        place = each
    return place


def _require_safe(path: Path, each: Path, problem: str | None) -> None:
    if problem is not None:
        raise HermeticError(
            f"The directory {path} is not safe to write into: {each} {problem}, and could have files of this user written elsewhere. "
            f"Take another directory, or make it safe: chown it to this user, and chmod g-w,o-w it or give it the sticky bit (chmod +t)."
        )


def is_ours(status: os.stat_result) -> bool:
    """Tell whether root or this user owns something, whom nobody needs to be protected from."""
    return status.st_uid in (0, os.geteuid())


def _make(path: Path) -> None:
    try:
        os.mkdir(path, _MODE)
    except FileExistsError:
        # Another run was faster; who owns it is looked at next.
        return
    # A stricter umask would keep those out that the report is for.
    os.chmod(path, _MODE, follow_symlinks=os.chmod not in os.supports_follow_symlinks)


def _unsafe(status: os.stat_result) -> str | None:
    """Return what is wrong with a directory, or None."""
    if not is_ours(status):
        return _belongs(status)
    if status.st_mode & stat.S_ISVTX:
        return None
    if status.st_mode & stat.S_IWOTH:
        return "can be written by every user"
    if status.st_mode & stat.S_IWGRP and not _is_private(status.st_gid):
        return f"can be written by the group {_group(status.st_gid)}"
    return None


def _belongs(status: os.stat_result) -> str:
    return f"belongs to {_user(status.st_uid)}"


def _is_private(group: int) -> bool:
    """Tell whether a group is root's, or the one of the user's own name with no other member, which many systems give every user."""
    if group == 0:
        return True
    try:
        entry, user = grp.getgrgid(group), pwd.getpwuid(os.geteuid())
    except KeyError:
        return False
    return entry.gr_name == user.pw_name and set(entry.gr_mem) <= {user.pw_name}


def _user(number: int) -> str:
    try:
        return f"the user {pwd.getpwuid(number).pw_name}"
    except KeyError:
        return f"the user with uid {number}"


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return f"with gid {number}"
