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


def make_directory(path: Path, *, of_others: bool = False) -> Path:
    """Make a directory and those above it, and return it without links in it; raises HermeticError where other users may change it.

    Nobody but root and this user may own it, or any directory above it, and nobody else may write there, unless the directory is sticky, where
    they can add files and not take ours away. With ``of_others`` this holds for the directories above only: files are replaced in it
    without following anything that is there.
    """
    place = Path(os.path.realpath(path))
    missing = [each for each in (place, *place.parents) if not os.path.lexists(each)]
    for each in (*reversed(place.parents), place):
        if each in missing:
            _make(each)
        problem = None if of_others and each == place else _unsafe(os.lstat(each))
        if problem is not None:
            raise HermeticError(
                f"The directory {path} is not safe to write into: {each} {problem}, and could have files of this user written elsewhere. "
                f"Take another directory, or make it safe: chown it to this user, and chmod g-w,o-w it or give it the sticky bit (chmod +t)."
            )
    if not place.is_dir():
        raise HermeticError(f"{path} is there and is not a directory. Move it away, or name another directory.")
    return place


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
        return f"belongs to {_user(status.st_uid)}"
    if status.st_mode & stat.S_ISVTX:
        return None
    if status.st_mode & stat.S_IWOTH:
        return "can be written by every user"
    if status.st_mode & stat.S_IWGRP and not _is_private(status.st_gid):
        return f"can be written by the group {_group(status.st_gid)}"
    return None


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
