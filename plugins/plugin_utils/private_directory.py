# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what lies in a directory is there by the will of this user, or root, alone."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Iterator
from pathlib import Path


def intruders(directory: Path) -> list[str]:
    """Return in which ways another user could change what lies in a directory that is, or will be, made there.

    A directory above may be one that everybody writes if it is sticky, as ``/tmp`` is: nobody can rename what others own in it.
    """
    problems = []
    path = Path(os.path.abspath(directory))
    for each in _with_links(path):
        try:
            found = os.lstat(each)
        except FileNotFoundError:
            continue
        except OSError as error:
            problems.append(f"{each}: {error.strerror or error}")
            continue
        if found.st_uid not in (0, os.geteuid()):
            problems.append(f"{each} belongs to {_user(found.st_uid)}")
        if stat.S_ISLNK(found.st_mode):
            continue
        sticky = bool(found.st_mode & stat.S_ISVTX) and each != path
        if found.st_mode & stat.S_IWOTH and not sticky:
            problems.append(f"{each} can be written by every user (mode {stat.S_IMODE(found.st_mode):04o})")
        elif found.st_mode & stat.S_IWGRP and not sticky and not _is_own_group(found.st_gid):
            problems.append(f"{each} can be written by the group {_group(found.st_gid)} (mode {stat.S_IMODE(found.st_mode):04o})")
    return problems


def _with_links(path: Path) -> Iterator[Path]:
    """Yield every directory and link on the way to a path, those behind a link as well."""
    waiting, seen = [path], set()
    while waiting:
        for each in reversed([current := waiting.pop(), *current.parents]):
            if each in seen:
                continue
            seen.add(each)
            yield each
            if each.is_symlink():
                waiting.append(Path(os.path.realpath(each)))


def _is_own_group(gid: int) -> bool:
    """Tell whether nobody but root and this user is in a group, as in the group that many systems make for each user."""
    if gid == 0:
        return True
    try:
        user = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    return user.pw_gid == gid and group.gr_name == user.pw_name and set(group.gr_mem) <= {user.pw_name, "root"}


def _user(uid: int) -> str:
    try:
        return f"{pwd.getpwuid(uid).pw_name} (uid {uid})"
    except KeyError:
        return f"uid {uid}"


def _group(gid: int) -> str:
    try:
        return f"{grp.getgrgid(gid).gr_name} (gid {gid})"
    except KeyError:
        return f"gid {gid}"
