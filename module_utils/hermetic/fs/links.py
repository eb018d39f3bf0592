# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make, read and replace links to directories: symbolic links on POSIX, junctions on Windows."""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path

from ..errors import BrokenRoot
from ..os_errors import explain
from ..paths import BUILDING, DISCARDED, WINDOWS
from . import junction_fallback
from .atomic import patiently, sync_directory
from .removal import remove_tree

_NO_REPARSE_POINTS = {1, 50}  # ERROR_INVALID_FUNCTION, ERROR_NOT_SUPPORTED: FAT, some network shares, Wine
_DIRECTORY_LINKS = {0xA0000003, 0xA000000C}  # IO_REPARSE_TAG_MOUNT_POINT (a junction), IO_REPARSE_TAG_SYMLINK


def point(link: Path, target: str, *, durable: bool = True) -> None:
    """Make the link, or replace it, so that it points to the target; never touch something that is not a link.

    On POSIX this is one atomic rename. On Windows the old junction goes before the new one comes: the caller holds the
    lock, knows the truth from elsewhere, and calls again after a kill in between. ``durable=False`` leaves the flush of the
    directory to the caller.
    """
    if os.path.lexists(link) and not is_link(link):
        raise BrokenRoot(
            f"{link}: found {_kind(link)} where a link to {target} belongs; it was not made by this engine and stays as it is. "
            "Move it away and run again, or choose another root."
        )
    try:
        if WINDOWS:
            _replace_junction(link, _absolute(link, target))
            return
        temporary = link.with_name(BUILDING + os.urandom(8).hex())
        os.symlink(target, temporary)
        try:
            os.replace(temporary, link)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        raise explain(error, str(link)) from error
    if durable:
        sync_directory(link.parent)


def read(link: Path) -> str | None:
    """Return the target as it was written, or None where there is no link; on Windows targets are absolute."""
    try:
        if not WINDOWS:
            return os.readlink(link)
        if _is_reparse_point(link):
            return _plain(os.readlink(link))
        return junction_fallback.target(link)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        if not WINDOWS and os.path.lexists(link) and not os.path.islink(link):
            return None
        raise explain(error, str(link)) from error


def points_to(link: Path, target: str) -> bool:
    """Return whether the link points to this target, relative targets being compared as the system has stored them."""
    found = read(link)
    if found is None or not WINDOWS:
        return found == target
    return os.path.normcase(os.path.normpath(found)) == os.path.normcase(_absolute(link, target))


def is_link(path: Path) -> bool:
    """Return whether the path is a link, a junction or the fallback directory of one."""
    if not WINDOWS:
        return os.path.islink(path)
    return _is_reparse_point(path) or junction_fallback.is_one(path)


def is_stale(link: Path) -> bool:
    """Return whether a fallback directory shows something else than a junction would; a real link never does."""
    return WINDOWS and not _is_reparse_point(link) and junction_fallback.is_one(link) and junction_fallback.is_stale(link)


def remove(link: Path) -> None:
    """Remove the link and leave its target alone; no link there is fine, something else there is an error."""
    if not os.path.lexists(link):
        return
    if not is_link(link):
        raise BrokenRoot(f"{link}: found {_kind(link)} where a link was to be removed; it stays as it is. Move it away and run again.")
    try:
        if WINDOWS:
            old = _free_name(link)
            if old is not None:
                remove_tree(old)
        else:
            os.unlink(link)
    except FileNotFoundError:
        return
    except OSError as error:
        raise explain(error, str(link)) from error


def _kind(path: Path) -> str:
    return "a directory" if os.path.isdir(path) else "a file"


def _absolute(link: Path, target: str) -> str:
    return os.path.normpath(os.path.join(os.path.abspath(link.parent), target))


def _plain(target: str) -> str:
    for prefix, replacement in (("\\\\?\\UNC\\", "\\\\"), ("\\??\\UNC\\", "\\\\"), ("\\\\?\\", ""), ("\\??\\", "")):
        if target.startswith(prefix):
            return replacement + target[len(prefix) :]
    return target


def _is_reparse_point(path: Path) -> bool:
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise explain(error, str(path)) from error
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) in _DIRECTORY_LINKS


def _create_junction(target: str, link: str) -> None:
    import _winapi

    _winapi.CreateJunction(target, link)  # type: ignore[attr-defined, unused-ignore]


def _replace_junction(link: Path, target: str) -> None:
    shown = junction_fallback.resolved(target)
    if not os.path.isdir(shown):
        raise BrokenRoot(
            f"{link}: its target {target} is no directory; a junction leads to directories only. Run again to rebuild what is missing."
        )
    temporary = link.with_name(BUILDING + os.urandom(8).hex())
    # A fallback directory on the way says that this volume has no junctions, and there is nothing behind it that one could lead to.
    if shown != Path(target) or not _make_junction(target, temporary):
        junction_fallback.make(temporary, target)
    # No program is reached through the link from one step to the next; so what was there is removed after both.
    old = _free_name(link)
    try:
        patiently(lambda: os.rename(temporary, link))
    except BaseException:
        if old is not None:
            os.rename(old, link)
        raise
    if old is not None:
        remove_tree(old)


def _make_junction(target: str, link: Path) -> bool:
    """Make a junction; False where the volume has none."""
    try:
        _create_junction(target, str(link))
    except OSError as error:
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(link)  # a failed call leaves an empty directory behind
        if getattr(error, "winerror", None) not in _NO_REPARSE_POINTS:
            raise
        return False
    return True


def _free_name(link: Path) -> Path | None:
    """Free the name: a junction is unlinked; a fallback directory, from which a program may be running, is renamed, and its new path returned."""
    if _is_reparse_point(link):
        try:
            os.unlink(link)
        except PermissionError:
            os.rmdir(link)
    elif os.path.lexists(link):
        old = link.with_name(DISCARDED + link.name + "-" + os.urandom(4).hex())
        patiently(lambda: os.rename(link, old))
        return old
    return None
