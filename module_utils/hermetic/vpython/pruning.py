# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Removes environments of a user's root that nothing used for a week, a few at a time, and what only they needed; never one in use."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BrokenRoot, LockTimeout
from ..fs.locking import alone_with, hold
from ..fs.record_files import read_json
from ..fs.removal import try_to_remove
from ..paths import BUILDING, DISCARDED, WINDOWS
from ..process.in_use import trees_in_use
from .clock import jumped_since
from .entries import environment_of
from .environment_root import ID_DIGITS, EnvironmentRoot, is_our_directory_of, remove_leftovers

if sys.platform != "win32":
    import fcntl

UNUSED_FOR = 7 * 24 * 3600
AT_A_TIME = 3
_DAILY = 24 * 3600
_ENVIRONMENT = re.compile(rf"[0-9a-f]{{{ID_DIGITS}}}")
_ENTRY = re.compile(r"[0-9a-f]{64}")


@dataclass
class Pruned:
    """What a run removed and what stays that it could not."""

    environments: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def prune_daily(layout: EnvironmentRoot) -> Pruned:
    """Prune unless that was done within a day."""
    with suppress(OSError):
        age = time.time() - os.stat(_record(layout)).st_mtime
        if 0 <= age < _DAILY:
            return Pruned()
    return prune(layout, most=AT_A_TIME)


def prune(layout: EnvironmentRoot, *, most: int | None = None) -> Pruned:
    """Remove unused environments, at most so many, then entries that lead nowhere and unpacked wheels that none needs.

    Raises BrokenRoot where somebody else may change the root, or it is the root of a host.
    """
    layout.require_ours()
    pruned = Pruned()
    if not layout.environments.is_dir() or not layout.state.is_dir():
        return pruned
    if jumped_since(_record(layout)):
        # Nobody knows how old anything is: counting begins again.
        for name in _environments(layout):
            with suppress(OSError):
                os.utime(layout.tree("environments", name))
        return pruned
    for name in _environments(layout):
        if most is not None and len(pruned.environments) >= most:
            break
        if _is_old(layout.tree("environments", name)):
            with suppress(LockTimeout, BrokenRoot, FileNotFoundError):
                _remove_environment(layout, name, pruned)
    _remove_entries(layout)
    _remove_unfinished(layout)
    _remove_fetched(layout, pruned)
    with suppress(LockTimeout):
        _remove_unneeded(layout, pruned)
    return pruned


def _record(layout: EnvironmentRoot) -> Path:
    return layout.state / "pruned.json"


def _environments(layout: EnvironmentRoot) -> list[str]:
    return sorted(name for name in os.listdir(layout.environments) if _ENVIRONMENT.fullmatch(name))


def _is_old(tree: Path) -> bool:
    try:
        return time.time() - os.lstat(tree).st_mtime > UNUSED_FOR
    except OSError:
        return False


def _remove_environment(layout: EnvironmentRoot, name: str, pruned: Pruned) -> None:
    tree = layout.tree("environments", name)
    aside = tree.with_name(f"{DISCARDED}{name}")
    with _last_of(layout.locks / f"environment-{name}", purpose=f"vpython3 prunes {name}"):
        if not _take_away(tree, aside):
            return
        # Nobody takes an environment for complete that has no tree, whatever happens to this process.
        layout.receipt("environments", name).unlink(missing_ok=True)
        pruned.warnings += try_to_remove(aside)
        pruned.environments.append(name)


def _take_away(tree: Path, aside: Path) -> bool:
    """Rename an environment that nobody uses; False where somebody does."""
    if WINDOWS:
        return _take_away_on_windows(tree, aside)
    with _nobody_uses(tree) as free:
        if not free or not _is_old(tree) or trees_in_use([tree]):
            return False
        try_to_remove(aside)
        os.rename(tree, aside)
    return True


def _take_away_on_windows(tree: Path, aside: Path) -> bool:
    """Do so where a file that is open, also here, is in use: whoever opens one after the lock was looked for keeps the tree from being renamed."""
    with alone_with(tree / "pyvenv.cfg") as alone:
        if not alone:
            return False
    if not _is_old(tree) or trees_in_use([tree]):
        return False
    try_to_remove(aside)
    try:
        os.rename(tree, aside)
    except PermissionError:
        return False
    return True


@contextmanager
def _last_of(lock: Path, *, purpose: str) -> Iterator[None]:
    """Hold a lock whose file goes with what it guards; Windows removes no file that is open, and none that somebody else has opened since."""
    with hold(lock, timeout=0, purpose=purpose):
        yield
        if not WINDOWS:
            lock.unlink(missing_ok=True)
    if WINDOWS:
        with suppress(OSError):
            lock.unlink(missing_ok=True)


@contextmanager
def _nobody_uses(tree: Path) -> Iterator[bool]:
    """Hold the lock that programs share while they run in an environment, where nobody else has it."""
    descriptor = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
    finally:
        os.close(descriptor)


def _remove_entries(layout: EnvironmentRoot) -> None:
    """Remove the entries whose environment is gone, and lock files that no entry needs any more."""
    for name in sorted(os.listdir(layout.entries)) if layout.entries.is_dir() else ():
        if _ENTRY.fullmatch(name) and _leads_nowhere(layout, name):
            with suppress(LockTimeout, BrokenRoot, OSError), _last_of(layout.locks / name, purpose="vpython3 prunes an entry"):
                if _leads_nowhere(layout, name):
                    (layout.entries / name).unlink(missing_ok=True)
    for name in sorted(os.listdir(layout.locks)) if layout.locks.is_dir() else ():
        if _ENTRY.fullmatch(name) and not os.path.lexists(layout.entries / name) and _is_old(layout.locks / name):
            with suppress(LockTimeout, BrokenRoot, OSError), _last_of(layout.locks / name, purpose="vpython3 prunes a lock"):
                pass


def _remove_unfinished(layout: EnvironmentRoot) -> None:
    """Remove entries and records that were being written by a process that was ended. Not all of them are written under a lock, so age decides."""
    for directory in (layout.entries, layout.state, layout.receipts("environments"), layout.receipts("laid")):
        for name in os.listdir(directory) if directory.is_dir() else ():
            if name.startswith(BUILDING) and _is_old(directory / name):
                with suppress(OSError):
                    os.unlink(directory / name)


def _leads_nowhere(layout: EnvironmentRoot, entry: str) -> bool:
    environment = environment_of(layout.entries / entry)
    return environment is None or not os.path.isdir(layout.environments / environment)


def _remove_fetched(layout: EnvironmentRoot, pruned: Pruned) -> None:
    """Remove what makers fetched that were ended."""
    directory = layout.root / "fetched"
    for name in sorted(os.listdir(directory)) if is_our_directory_of(directory) else ():
        if _ENVIRONMENT.fullmatch(name):
            with suppress(LockTimeout, BrokenRoot), hold(layout.locks / f"environment-{name}", timeout=0, purpose="vpython3 prunes"):
                pruned.warnings += try_to_remove(directory / name)


def _remove_unneeded(layout: EnvironmentRoot, pruned: Pruned) -> None:
    with layout.changing_shared(timeout=0):
        remove_leftovers(layout)
        needed: set[str] = set()
        for name in _environments(layout):
            try:
                needed.update(read_json(layout.receipt("environments", name))["laid"])
            except (OSError, ValueError, KeyError, TypeError):
                # One that is being made or removed: what it needs is not known.
                return
        receipts = {path.stem: path for path in layout.receipts("laid").glob("*.json")}
        for tree_id in sorted({*receipts, *(name for name in os.listdir(layout.laid) if not name.startswith("."))} - needed):
            if tree_id in receipts:
                receipts[tree_id].unlink(missing_ok=True)
            pruned.warnings += try_to_remove(layout.laid / tree_id)
