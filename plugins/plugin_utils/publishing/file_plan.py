# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an update makes of the files that an index has under names of their own: pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.text.grammar import file_name_problem, name_problem, shown
from ..repository.published_file import FILES, file_path
from .change import Change, Placement


@dataclass(frozen=True)
class NamedFile:
    """A file to publish under a name; without a path, what has the name is to be removed."""

    name: str
    path: Path | None = None
    sha256: str = ""
    size: int = 0


def plan_file(
    index: dict[str, Any],
    file: NamedFile,
    present: Callable[[str, int], bool],
    changes: list[Change],
    placements: list[Placement],
    dropped: list[str],
    problems: list[str],
) -> None:
    """Have an index name a file, in the place of what it had under the same name, or nothing any more."""
    known = (index.get(FILES) or {}).get(file.name)
    subject = f"{FILES.removesuffix('s')}:{file.name}"
    if file.path is None:
        if known is not None:
            changes.append(Change("remove_file", subject, "the task says so"))
            dropped.append(known["path"])
            del index[FILES][file.name]
            if not index[FILES]:
                del index[FILES]
        return
    if problem := name_problem(file.name):
        problems.append(f"{file.path}: {shown(file.name)} is no name of a file; {problem}")
        return
    if problem := file_name_problem(file.path.name):
        problems.append(f"{file.path}: {shown(file.path.name)} cannot be the name of a published file; {problem}")
        return
    if known is not None and known["sha256"] == file.sha256:
        if not present(known["path"], known["size"]):
            changes.append(Change("restore_file", subject, "it was missing or damaged"))
            placements.append(Placement(file.path, known["path"], file.sha256))
        return
    if known is not None:
        dropped.append(known["path"])
    entry: dict[str, Any] = {"path": file_path(file.name, file.sha256, file.path.name), "sha256": file.sha256, "size": file.size}
    reason = f"SHA-256 {known['sha256']} -> {file.sha256}" if known is not None else f"it is new, SHA-256 {file.sha256}"
    changes.append(Change("publish_file", subject, reason))
    index.setdefault(FILES, {})[file.name] = entry
    placements.append(Placement(file.path, entry["path"], file.sha256))


def described_files(index: Mapping[str, Any]) -> list[str]:
    """Return the files of an index as lines that a person can compare."""
    return sorted(f"file {name}, sha256 {entry['sha256']}" for name, entry in (index.get(FILES) or {}).items())
