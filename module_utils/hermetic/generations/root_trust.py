# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a root may be trusted: its owner, its own directories, and every directory above it, as written and as resolved."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..errors import BrokenRoot
from ..findings.finding import TAMPERED, Finding
from ..findings.needed_repair import PROTECT, NeededRepair
from ..fs.ownership import ACCESS_LIST, access_list, others_behind, trusted_users, user, user_name
from ..fs.path_trust import dangers_above, way_to
from ..model.layout import Layout
from ..os_errors import explain
from ..paths import WINDOWS
from ..planning.observation import Observation


@dataclass(frozen=True)
class Untrusted:
    """A directory of a root that another user owns or may write."""

    path: Path
    kind: Literal["owner", "mode"]
    found: str


def require_trusted(root: Path, *, unsafe_parent: bool = False) -> None:
    """Raise BrokenRoot when another user owns the root, or could replace it by way of a directory above it.

    ``unsafe_parent`` accepts the latter. A root that does not exist is judged by the directories that do.
    """
    if WINDOWS:
        from ..windows import ownership as windows_ownership

        windows_ownership.require_trusted(root, unsafe_parent=unsafe_parent)
        return
    try:
        way = way_to(os.fspath(root))
    except OSError as error:
        raise BrokenRoot(f"{root}: {error.strerror} at {error.filename}. Correct it, or choose another root.") from error
    found = way.found
    if found is not None and found.st_uid not in trusted_users():
        raise BrokenRoot(
            f"The root {root} belongs to {user(found.st_uid)}, and this run is {user(os.geteuid())}: nothing was run from it and nothing was "
            f"written. Become its owner (become_user: {user_name(found.st_uid)}), or choose a root that this user or root owns. If root shall own it, "
            f"give root the directory itself (chown root {root}, without -R), and converge: what others left in it is then replaced."
        )
    if unsafe_parent:
        return
    problems = dangers_above(way)
    if problems:
        raise BrokenRoot(
            f"The root {root} lies below a directory that another user may change, who could replace the root with another one; nothing was changed. "
            "Give that directory to root and take the permission to write from others (chown root, chmod go-w, setfacl -b), choose another root, "
            "or accept it with unsafe_parent: true.",
            problems,
        )


def untrusted_directories(layout: Layout) -> list[Untrusted]:
    """Return the root and its own directories, as far as another user owns or may write them."""
    return list(_untrusted(layout))


def report(untrusted: list[Untrusted], observation: Observation, root: Path) -> None:
    """Add to an observation what another user owns or may write, as far as it was not found to differ from what the engine makes."""
    known = {finding.path for finding in observation.findings if finding.subject == "store"}
    repaired = {each.path for each in observation.repairs}
    for each in untrusted:
        name = each.path.relative_to(root).as_posix()
        if each.path not in repaired:
            observation.repairs.append(NeededRepair(each.path, PROTECT))
        if name not in known:
            observation.findings.append(
                Finding(
                    subject="store",
                    kind=each.kind,
                    severity="high",
                    cause=TAMPERED,
                    expected="a directory that only root and the user of the run own and may write",
                    actual=each.found,
                    path=name,
                    remedy="Converge to take it back; everything below it is then verified by content.",
                )
            )


def take_back(layout: Layout) -> list[Untrusted]:
    """Give the root's own directories back to the owner of the root, closed to others, and return those that were not.

    The caller verifies what they hold by content. From the root down: nobody else can change a directory whose parents are taken back.
    """
    taken = []
    for each in _untrusted(layout):
        try:
            _take(each, layout.root)
        except OSError as error:
            raise BrokenRoot(
                f"{each.path}: {each.found}, and this run cannot take it back ({error.strerror}); nothing was changed. "
                "Run as root (become: true), or remove the root and converge."
            ) from error
        if each.path == layout.state and not WINDOWS:
            _take_lock(layout.lock)
        taken.append(each)
    return taken


def others_behind_program(tree: Path, *directories: str) -> Untrusted | None:
    """Return the first of a tree's directories, or of the entries in them, that another user owns or may write.

    This is asked before a program of the tree is started: what Python reads first lies in few directories.
    """
    for path in (tree, *(tree / name for name in dict.fromkeys(directories))):
        try:
            entries = [path / name for name in os.listdir(path)] if path != tree and not WINDOWS else []
        except (FileNotFoundError, NotADirectoryError):
            continue
        for each in (path, *entries):
            found = _judged(each)
            if found is not None:
                return found
    return None


def _judged(path: Path) -> Untrusted | None:
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        return None
    if WINDOWS:
        from ..windows import ownership as windows_ownership

        writable = windows_ownership.others_behind(path)
        return Untrusted(path, *writable) if writable is not None else None
    found = others_behind(status, path)
    return Untrusted(path, "owner" if status.st_uid not in trusted_users() else "mode", found) if found is not None else None


def _untrusted(layout: Layout) -> Iterator[Untrusted]:
    in_use = os.path.isdir(layout.state)
    for path in layout.own_directories().values():
        if path == layout.root and not in_use:
            continue  # a directory that becomes a root is closed as it does
        found = _judged(Path(os.path.realpath(path)) if path == layout.root else path)
        if found is None or (path != layout.root and not os.path.isdir(path)):
            continue
        # On Windows the access list of the root itself is set with the plan, and everything inherits from it.
        if not WINDOWS or path != layout.root or found.kind == "owner":
            yield Untrusted(path, found.kind, found.found)


def _take(each: Untrusted, root: Path) -> None:
    if WINDOWS:
        from ..windows import acl as windows_acl

        windows_acl.protect(each.path)
        return
    real = Path(os.path.realpath(root))
    owner = os.lstat(real)
    path = real / each.path.relative_to(root)
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if each.kind == "owner":
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        if access_list(path) is not None:
            os.removexattr(descriptor, ACCESS_LIST)
        # Closed to others; the mode that it had is given back with everything else that differs.
        os.fchmod(descriptor, os.fstat(descriptor).st_mode & 0o755 | 0o700)
        left = others_behind(os.fstat(descriptor), path)
    finally:
        os.close(descriptor)
    if left is not None:
        raise BrokenRoot(
            f"{path}: {left}, also after this run took it back; nothing else was changed. Find out what gives it away, and run again."
        )


def _take_lock(lock: Path) -> None:
    """Take a lock back, or remove one that is a link or a second name of somebody's file, which locking would empty."""
    try:
        status, state = os.lstat(lock), os.lstat(lock.parent)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
            os.unlink(lock)
        elif status.st_uid not in trusted_users():
            os.chown(lock, state.st_uid, state.st_gid, follow_symlinks=False)
    except FileNotFoundError:
        return
    except OSError as error:
        raise explain(error, str(lock)) from error
