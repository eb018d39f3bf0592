# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Directories whose content is there by the will of this user, or root, alone: made so, and judged."""

from __future__ import annotations

import os
from pathlib import Path

from ...module_utils.hermetic.fs.ownership import others_behind
from ...module_utils.hermetic.fs.path_trust import dangers_above, way_to


def intruders(directory: Path) -> list[str]:
    """Return in which ways another user could change what lies in a directory that is, or will be, made there.

    A directory above may be one that everybody writes if it is sticky, as ``/tmp`` is, but not the directory itself, where others could add files.
    """
    try:
        way = way_to(os.path.abspath(directory))
    except OSError as error:
        return [f"{error.filename}: {error.strerror}"]
    own = others_behind(way.found, way.end) if way.found is not None else None
    return [*dangers_above(way), *([f"{way.end}: {own}"] if own is not None else [])]


def make_private(directory: Path) -> None:
    """Make a directory and those missing above it for this user alone; a umask that lets a group write does not count."""
    if not directory.parent.is_dir():
        make_private(directory.parent)
    directory.mkdir(mode=0o700, exist_ok=True)
