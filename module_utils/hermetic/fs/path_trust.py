# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leads to a path, as written and as resolved, and who could replace what it leads to.

POSIX only: Windows answers by owners and access lists instead, in ``windows/ownership.py``.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass

from .ownership import trusted_users, user, writers

_MOST_LINKS = 40


@dataclass(frozen=True)
class Way:
    """Every directory and link on the way to a path, and where it ends."""

    above: list[tuple[str, os.stat_result]]
    end: str
    """Where the path leads, without any link; the first thing that does not exist where it leads nowhere."""
    found: os.stat_result | None
    """What is at the end; None where it does not exist."""


def way_to(path: str) -> Way:
    """Return the way to an absolute path; raises OSError for a loop of links."""
    above: list[tuple[str, os.stat_result]] = []
    here, rest, links = "/", path.split("/")[::-1], 0
    status = os.lstat(here)
    while rest:
        part = rest.pop()
        if part in ("", "."):
            continue
        if part == "..":
            here = os.path.dirname(here)
            status = os.lstat(here)
            continue
        above.append((here, status))
        place = os.path.join(here, part)
        try:
            status = os.lstat(place)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return Way(list(dict(above).items()), place, None)
        if not stat.S_ISLNK(status.st_mode):
            here = place
            continue
        above.append((place, status))
        links += 1
        if links > _MOST_LINKS:
            raise OSError(errno.ELOOP, "the path runs through a loop of links", place)
        target = os.readlink(place)
        if target.startswith("/"):
            here = "/"
        rest += target.split("/")[::-1]
        status = os.lstat(here)
    return Way(list(dict(above).items()), here, os.lstat(here))


def danger_above(path: str, status: os.stat_result) -> str | None:
    """Return who could replace what lies in a directory, or what a link leads to; None when nobody but root and this user could.

    The sticky bit is enough here: nobody can rename what others own in such a directory.
    """
    if status.st_uid not in trusted_users():
        return f"it is owned by {user(status.st_uid)}"
    if stat.S_ISLNK(status.st_mode) or status.st_mode & stat.S_ISVTX:
        return None
    return writers(status, path)


def dangers_above(way: Way) -> list[str]:
    """Return each directory and link on a way that another user could change, with who could."""
    return [f"{path}: {reason}" for path, status in way.above if (reason := danger_above(path, status)) is not None]
