# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that a repository publishes under a name, such as the archive of a fleet, and whether an index speaks of such files as it should; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ...module_utils.hermetic.text.grammar import name_problem, shown

FILES = "files"
"""Where an index has them, by their names."""


@dataclass(frozen=True)
class PublishedFile:
    """What a repository has under a name now, and where."""

    name: str
    sha256: str
    size: int
    location: str


def file_path(name: str, sha256: str, filename: str) -> str:
    """Return where a repository has a file; another content of the same name has another path."""
    return f"{FILES}/{name}/{sha256}/{filename}"


def published_files_problems(files: object, *, file_problems: Callable[[str, object, object], Iterator[str]]) -> Iterator[str]:
    """Yield what is wrong with what an index says of files; ``file_problems`` judges path, digest and size of one."""
    if files is None:
        return
    if not isinstance(files, Mapping):
        yield f"{FILES} is {shown(files)}; expected an object"
        return
    for name, entry in files.items():
        where = f"file {shown(name)}"
        if problem := name_problem(name):
            yield f"{where}: {problem}"
        yield from file_problems(where, entry, entry.get("sha256") if isinstance(entry, Mapping) else None)
