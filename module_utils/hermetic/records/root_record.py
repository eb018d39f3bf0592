# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a root was like when this project took it: its mode and owner, and what was in it; later runs verify it against that."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..fs import extended_attributes
from ..fs.atomic import write_json
from ..fs.ownership import trusted_users
from ..fs.record_files import read_json
from ..model.layout import BOOTSTRAP, OWN_DIRECTORIES, OWN_LINKS, Layout
from ..model.manifest import DIRECTORY_MODE
from ..os_errors import explain
from ..paths import WINDOWS, extended
from ..windows import acl as windows_acl

# What a root must not have: writing by group or others, and the bits that make what is below it other than it was made.
_REFUSED, _NEEDED = 0o7022, 0o700


@dataclass(frozen=True)
class RootRecord:
    """Mode and owner of the root, the names that were in it before, and on Windows owner and access list of each own directory."""

    mode: int
    owner: tuple[int, int]
    beside: frozenset[str] = frozenset()
    access: Mapping[str, str] = field(default_factory=dict)


def acceptable(mode: int) -> bool:
    """Return whether a root may have this mode: all for its owner, no writing by others, no special bits."""
    return not mode & _REFUSED and mode & _NEEDED == _NEEDED


def read(layout: Layout) -> RootRecord | None:
    """Return the record; None where there is none that can be read, as before the first run."""
    try:
        document = read_json(layout.root_record)
        user, group = document["owner"]
        mode, beside, access = document["mode"], document["beside"], document["access"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    # Nobody is to be made the owner of a root by writing himself into its record.
    if not WINDOWS and user not in trusted_users():
        return None
    numbers = all(isinstance(number, int) for number in (mode, user, group))
    if not numbers or not isinstance(access, dict) or not isinstance(beside, list) or not acceptable(mode):
        return None
    return RootRecord(mode, (user, group), frozenset(map(str, beside)), access)


def write(layout: Layout, record: RootRecord) -> None:
    """Replace the record."""
    value = {"format": 1, "mode": record.mode, "owner": list(record.owner), "beside": sorted(record.beside), "access": dict(record.access)}
    write_json(layout.root_record, value)


def open_up_nothing(root: Path) -> list[str]:
    """Prepare a directory that becomes a root, before anything is made in it; returns what was changed, as warnings.

    An access control list of the directory above is handed down to all that is made in it: a root has none. A directory that somebody
    made beforehand keeps its mode, unless others could write into it.
    """
    if WINDOWS:
        return []
    warnings = []
    try:
        status = os.lstat(root)
        words = extended_attributes.carried(os.fspath(root), status, {})
        if words:
            extended_attributes.clear(os.fspath(root))
            warnings.append(f"{root} carried {', '.join(words)}, which a root may not have; it was taken away.")
        mode = stat.S_IMODE(os.lstat(root).st_mode)
        if not acceptable(mode):
            accepted = (mode | _NEEDED) & DIRECTORY_MODE
            os.chmod(root, accepted)
            warnings.append(f"{root} had the mode {mode:04o}, with which it is no root; it has {accepted:04o} now.")
    except OSError as error:
        raise explain(error, str(root)) from error
    return warnings


def claim(layout: Layout) -> None:
    """Record what the root is like, where no run has done so; all its own directories are there."""
    if read(layout) is not None:
        return
    status = os.lstat(layout.root)
    mode = stat.S_IMODE(status.st_mode)
    used = any(os.scandir(layout.generation_records))
    own = {*OWN_LINKS, *OWN_DIRECTORIES}
    # In a root that has been in use, what nobody of ours made is no part of how it was found.
    beside = () if used else (name for name in os.listdir(layout.root) if name not in own and not name.startswith(BOOTSTRAP))
    write(
        layout,
        RootRecord(mode if acceptable(mode) else DIRECTORY_MODE, (status.st_uid, status.st_gid), frozenset(beside), _access(layout)),
    )


def renew_access(layout: Layout) -> None:
    """Record owners and access lists again, after they were set (Windows)."""
    record = read(layout)
    if WINDOWS and record is not None:
        write(layout, RootRecord(record.mode, record.owner, record.beside, _access(layout)))


def _access(layout: Layout) -> dict[str, Any]:
    if not WINDOWS:
        return {}
    descriptors = windows_acl.Descriptors()
    return {name: descriptors.of(extended(path)) for name, path in layout.own_directories().items()}
