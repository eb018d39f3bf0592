# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Repair the root's own directories and records, before anything else is changed; what is not ours is moved aside, never removed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from ..errors import BrokenRoot
from ..findings.needed_repair import PROTECT, RENAME, SET_ASIDE, NeededRepair
from ..fs import extended_attributes
from ..fs.atomic import make_directory
from ..fs.own_files import replace_by_copy
from ..model.layout import Layout
from ..os_errors import explain
from ..paths import BUILDING, WINDOWS, extended
from ..records import root_record
from ..windows import acl as windows_acl

# What was moved aside is nobody's business but the owner's: it may be a program with rights that it should not have.
_CLOSED = 0o700


def repair_root(layout: Layout, repairs: Iterable[NeededRepair]) -> list[str]:
    """Repair everything that may be repaired by this user, and return a warning for each thing that could not be, or was moved.

    Directories come before what is in them: nobody can swap an entry for a link once the directory is closed to others.
    """
    found = list(repairs)
    warnings: list[str] = []
    for action, do in ((PROTECT, _protect), (RENAME, _rename), (SET_ASIDE, _set_aside)):
        for each in found:
            if each.action == action:
                try:
                    warnings += do(layout, each)
                except OSError as error:
                    warnings.append(f"Could not be repaired: {explain(error, str(each.path))}")
                except BrokenRoot as error:
                    warnings.append(f"Could not be repaired: {error}")
    if WINDOWS and any(each.action == PROTECT for each in found):
        root_record.renew_access(layout)
    return warnings


def _protect(layout: Layout, repair: NeededRepair) -> list[str]:
    del layout
    name = extended(repair.path)
    if not os.path.lexists(name):  # it is restored later
        return []
    if stat.S_ISLNK(os.lstat(name).st_mode):
        raise BrokenRoot(f"{repair.path}: found a link that was not there a moment ago; it stays as it is. Run again.")
    extended_attributes.clear(name)
    if WINDOWS:
        if repair.mode is not None:
            windows_acl.protect(repair.path)
        return []
    if repair.owner is not None and repair.mode is not None and stat.S_ISREG(os.lstat(name).st_mode):
        # A user whose file it was may still have it open, and write into it after it was verified.
        replace_by_copy(repair.path, mode=repair.mode)
    if repair.owner is not None:
        os.chown(name, *repair.owner, follow_symlinks=False)
    if repair.mode is not None:
        os.chmod(name, repair.mode)
    return []


def _rename(layout: Layout, repair: NeededRepair) -> list[str]:
    del layout
    right = repair.path.with_name(str(repair.name))
    os.rename(repair.path, right)
    if right.name not in os.listdir(right.parent):
        # Some systems do nothing when both names lead to the same file.
        between = right.with_name(f"{BUILDING}{right.name}")
        os.rename(repair.path, between)
        os.rename(between, right)
    return []


def _set_aside(layout: Layout, repair: NeededRepair) -> list[str]:
    place = layout.unexpected
    make_directory(place, mode=_CLOSED)
    target: Path = place / f"{repair.path.name}-{os.urandom(4).hex()}"
    for flagged in (repair.path, repair.path.parent):
        extended_attributes.release(extended(flagged))
    try:
        os.rename(extended(repair.path), extended(target))
    except FileNotFoundError:
        return []
    return [f"{repair.path} was made by no run of this project; it was moved to {target}. Remove it there when nobody misses it."]
