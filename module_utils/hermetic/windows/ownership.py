# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who besides the system, the administrators and this user owns a directory on Windows, or may replace what is in it.

An owner may rewrite the access list, whatever it says; so the owner counts first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal

from ..errors import BrokenRoot
from ..paths import extended
from . import acl as windows_acl

# Removing and renaming what is there, and giving oneself the right to.
_DELETE, _DELETE_CHILD, _CHANGE_LIST, _CHANGE_OWNER, _ALL = 0x10000, 0x40, 0x40000, 0x80000, 0x10000000
_TRUSTED_INSTALLER = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
# Administrators of this host and of its domain, who are members of the administrators.
_TRUSTED = {"SY", "BA", "LA", "DA", "EA", "S-1-5-18", "S-1-5-32-544", _TRUSTED_INSTALLER}
# The creator of what is made later, and whoever is the owner: who that is, is judged by itself.
_THE_OWNER = {"CO", "OW", "S-1-3-0", "S-1-3-4"}


def require_trusted(root: Path, *, unsafe_parent: bool = False) -> None:
    """Raise BrokenRoot when another user owns the root, or could replace it by way of a directory above it."""
    if os.path.isdir(extended(root)):
        owner, _entries = _of(root)
        if not is_trusted(owner):
            raise BrokenRoot(
                f"The root {root} belongs to {owner}, who may change its access list at any time: nothing was run from it and nothing was written. "
                f"Become its owner, or choose another root. If the administrators shall own it, give them the directory itself "
                f'(icacls "{root}" /setowner *S-1-5-32-544, without /T), and converge.'
            )
    if unsafe_parent:
        return
    problems = [f"{path}: {reason}" for path in _above(root) for reason in [_danger_above(path)] if reason is not None]
    if problems:
        raise BrokenRoot(
            f"The root {root} lies below a directory that another user may change, who could replace the root with another one; nothing was changed. "
            "Give that directory to the administrators and take the rights to delete and to change permissions from others (icacls), "
            "choose another root, or accept it with unsafe_parent: true.",
            problems,
        )


def others_behind(path: Path) -> tuple[Literal["owner", "mode"], str] | None:
    """Return what is wrong with a directory of a root, ``owner`` or ``mode``, and who else may change it; None when nobody may."""
    owner, _entries = _of(path)
    if not is_trusted(owner):
        return "owner", f"it is owned by {owner}"
    others = [each for each in windows_acl.others_who_may_write(path) if not is_trusted(each)]
    return ("mode", f"its access list lets {', '.join(others)} write") if others else None


def is_trusted(trustee: str) -> bool:
    """Return whether an owner or trustee, in the notation of SDDL, is the system, the administrators or this user."""
    return trustee in _TRUSTED or trustee == _own()


@cache
def _own() -> str:
    return windows_acl.own_sid()


def _of(path: Path) -> tuple[str, list[tuple[str, int]]]:
    return windows_acl.parsed(windows_acl.Descriptors().of(extended(path)))


def _above(root: Path) -> Iterator[Path]:
    """Yield the directories above a root that exist, as written and as resolved."""
    seen = set()
    for path in (*root.parents, *Path(os.path.realpath(root)).parents):
        name = os.path.normcase(path)
        if name not in seen and os.path.isdir(extended(path)):
            seen.add(name)
            yield path


def _danger_above(path: Path) -> str | None:
    owner, entries = _of(path)
    if not is_trusted(owner):
        return f"it is owned by {owner}"
    # A drive itself is neither renamed nor removed.
    dangerous = _DELETE_CHILD | _CHANGE_LIST | _CHANGE_OWNER | _ALL | (_DELETE if path.parent != path else 0)
    others = sorted({trustee for trustee, mask in entries if mask & dangerous and not is_trusted(trustee) and trustee not in _THE_OWNER})
    return f"its access list lets {', '.join(others)} remove or rename what is in it" if others else None
