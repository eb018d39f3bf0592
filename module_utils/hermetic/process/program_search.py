# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look up programs in PATH; on Windows never in the current directory, where the standard library and the system look first."""

from __future__ import annotations

import ntpath
import os
import shutil
from collections.abc import Iterator, Sequence

from ..paths import WINDOWS

_PROGRAM = ".exe"


def find_program(name: str, path: str | None = None, *, endings: Sequence[str] = (_PROGRAM,)) -> str | None:
    """Return the first program of this name in PATH, or in ``path`` instead; on Windows it has one of these endings."""
    searched = os.environ.get("PATH", "") if path is None else path
    if not WINDOWS:
        return shutil.which(name, path=searched)
    return next((each for each in windows_candidates(name, searched, endings) if os.path.isfile(each)), None)


def windows_candidates(name: str, path: str, endings: Sequence[str]) -> Iterator[str]:
    """Yield where a program may lie on Windows: in the directories of ``path`` that do not depend on the current one or its drive."""
    given = [""] if ntpath.splitext(name)[1].lower() in {each.lower() for each in endings} else endings
    for entry in path.split(";"):
        directory = entry[1:-1] if len(entry) > 1 and entry[0] == entry[-1] == '"' else entry
        if ntpath.splitdrive(directory)[0] and ntpath.isabs(directory):
            yield from (ntpath.join(directory, f"{name}{each}") for each in given)
