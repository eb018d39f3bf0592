# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the mounts of a root keep a run from: a read-only file system, and one that lets no program start."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ..errors import BrokenRoot
from ..model.layout import Layout
from ..mounts import Mount, forbids_programs, is_read_only, mount_of


def is_unchangeable(layout: Layout) -> bool:
    """Return whether a root that is there is mounted read-only, or a part of it: whoever asks, it can be verified and not changed."""
    return layout.state.is_dir() and any(map(is_read_only, _places(layout)))


def write_problems(layout: Layout) -> list[str]:
    """Return a sentence for each read-only mount that the root or one of its own directories is on."""
    places = _places(layout)
    read_only = [place for place in places if is_read_only(place)]
    return _problems(read_only, "is on a file system that is mounted read-only", Mount.write_remedy)


def program_problems(layout: Layout) -> list[str]:
    """Return a sentence for each mount from which no program of the root would start."""
    places = [place for place in _places(layout) if place in (layout.root, layout.bundles, layout.environments)]
    forbidding = [place for place in places if forbids_programs(place)]
    return _problems(forbidding, "is on a file system that lets no program start (mounted noexec)", Mount.program_remedy)


def require_writable(layout: Layout) -> None:
    """Raise BrokenRoot where the root, or a part of it, is mounted read-only; nothing has been changed then."""
    _refuse(write_problems(layout), f"The root {layout.root} cannot be changed: it is mounted read-only; nothing was changed.")


def require_programs(layout: Layout) -> None:
    """Raise BrokenRoot where no program of the root would start, before anything is installed there."""
    _refuse(
        program_problems(layout),
        f"The root {layout.root} cannot be used: no program would start from it (mounted noexec); nothing was changed.",
    )


def _refuse(problems: list[str], message: str) -> None:
    if problems:
        raise BrokenRoot(message, problems)


def _places(layout: Layout) -> list[Path]:
    """Return the root and those of its own directories that may be mounts of their own."""
    return [layout.root, *(place for place in layout.own_directories().values() if place != layout.root and os.path.isdir(place))]


def _problems(places: list[Path], what: str, remedy: Callable[[Mount], str]) -> list[str]:
    first: dict[Mount | None, Path] = {}
    for place in places:
        first.setdefault(mount_of(place), place)
    return [f"{place} {what}: {mount}. {remedy(mount)}" if mount is not None else f"{place} {what}." for mount, place in first.items()]
