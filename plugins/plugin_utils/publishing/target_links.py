# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The second names of published files, by which clients of consistent snapshots request them: hard links, which take no room."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable
from pathlib import Path

from ..trust.layout import by_digest

_PREFIX = re.compile(r"(?P<directory>.*/)[0-9a-f]{64}\.(?P<name>[^/]+)")
_UNABLE = (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


def lacking_links(repository: Path, files: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the files, each with its digest, that are there and lack their second name."""
    found = []
    for path, sha256 in files:
        try:
            there = os.lstat(repository / path)
        except FileNotFoundError:
            continue
        try:
            second = os.lstat(repository / by_digest(path, sha256))
        except FileNotFoundError:
            found.append((path, sha256))
            continue
        if (second.st_dev, second.st_ino) != (there.st_dev, there.st_ino):
            found.append((path, sha256))
    return found


def add_links(repository: Path, files: Iterable[tuple[str, str]]) -> list[str]:
    """Give files their second names, and return a warning where the file system has no such names."""
    for path, sha256 in files:
        second = repository / by_digest(path, sha256)
        beside = second.with_name(f".link-{sha256}")
        beside.unlink(missing_ok=True)
        try:
            os.link(repository / path, beside)
        except OSError as error:
            if error.errno not in _UNABLE:
                raise
            return [
                (
                    f"The file system of {repository} has no hard links: clients of TUF other than this collection must be told not to prefix targets "
                    "with digests (prefix_targets_with_hash=False)."
                )
            ]
        os.replace(beside, second)
    return []


def without_digest(path: str) -> str:
    """Return the first name of a file that a second name belongs to, or the path itself."""
    found = _PREFIX.fullmatch(path)
    return f"{found['directory']}{found['name']}" if found else path
