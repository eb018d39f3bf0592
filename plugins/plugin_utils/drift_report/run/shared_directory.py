# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories that files are written into: made with their mode, and refused where another user could lead a write elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.fs.path_trust import Way, danger_above, dangers_above, way_to

_MODE = 0o755


def make_directory(path: Path, *, of_others: bool = False) -> Path:
    """Make a directory and those above it, and return it without links in it; raises HermeticError where other users may change the way to it.

    Nobody but root and this user may own it, or any directory or link on the way to it, and nobody else may write there, unless a directory is
    sticky, where they can add names and not take ours away. With ``of_others`` this holds for the way to it only: files are replaced in
    it without following anything that is there.
    """
    while True:
        way = _way_to(path)
        if way.found is not None:
            break
        # Who owns it is looked at once it is there: another user may have been faster.
        _make(way.end)
    if not of_others:
        _require_safe(path, [f"{way.end}: {reason}" for reason in [danger_above(way.end, way.found)] if reason is not None])
    return Path(way.end)


def _way_to(path: Path) -> Way:
    try:
        way = way_to(os.fspath(path.absolute()))
    except OSError as error:
        _require_safe(path, [f"{error.filename}: {error.strerror}"])
        raise
    _require_safe(path, dangers_above(way))
    for each, status in [*way.above, (way.end, way.found)]:
        if status is not None and not stat.S_ISDIR(status.st_mode) and not stat.S_ISLNK(status.st_mode):
            raise HermeticError(f"{path} cannot be a directory: {each} is there and is not one. Move it away, or name another directory.")
    return way


def _require_safe(path: Path, problems: list[str]) -> None:
    if problems:
        raise HermeticError(
            f"The directory {path} is not safe to write into, since another user could have files of this user written elsewhere: {problems[0]}. "
            "Take another directory, or make it safe: chown it to this user, and take the permission to write from others (chmod g-w,o-w, "
            "setfacl -b), or give it the sticky bit (chmod +t).",
            problems,
        )


def _make(path: str) -> None:
    try:
        os.mkdir(path, _MODE)
    except FileExistsError:
        return
    # A stricter umask would keep those out that the report is for.
    os.chmod(path, _MODE, follow_symlinks=os.chmod not in os.supports_follow_symlinks)
