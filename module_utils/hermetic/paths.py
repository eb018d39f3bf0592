# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the paths and times of an installed tree are spelled for this system."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

WINDOWS = os.name == "nt"

# What a build leaves when it is killed starts with one of these, in the directory of the finished trees: same file system, one rename away.
BUILDING = ".new-"
DISCARDED = ".old-"
# Every file that the engine writes into a tree carries this time, so that a changed one shows without reading it.
FILE_TIME = 1_000_000_000
FILE_TIME_NS = FILE_TIME * 1_000_000_000
# The same, as an entry of a zip states it.
FILE_TIME_IN_ZIP = (2001, 9, 9, 1, 46, 40)

# Device, number and size: what distinguishes two files, however many names they have.
Inode = tuple[int, int, int]


def extended(path: Path | str) -> str:
    """Return the path in the form that has no limit of 260 characters on Windows; elsewhere as it is."""
    text = os.fspath(path)
    if not WINDOWS or text.startswith("\\\\?\\"):
        return text
    absolute = os.path.abspath(text)
    return "\\\\?\\UNC\\" + absolute[2:] if absolute.startswith("\\\\") else "\\\\?\\" + absolute


def inside(tree: Path | str) -> Callable[[str], str]:
    """Return a function that gives the path of an entry of a tree, named with '/' between the parts, without a limit of its length."""
    base = f"{extended(tree)}{os.sep}"
    if not WINDOWS:
        return base.__add__
    return lambda path: base + path.replace("/", "\\")
