# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Remove a whole root: all that this project made there, and nothing else."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BrokenRoot
from ..fs import links
from ..fs.removal import remove_tree
from ..generations.profile import stable_links
from ..model.layout import BOOTSTRAP, Layout
from ..paths import BUILDING, DISCARDED, WINDOWS
from ..process.running import processes_below

# The order keeps an interpreter and its receipt until the end: a run that is cut off before is finished by the next one.
_CONTENT = ("environments", "laid", "wheels", "generations")
_OWN = (*_CONTENT, "bundles", "state")


@dataclass
class Uninstall:
    """What the removal of a root takes away, and what keeps it from being complete."""

    own: list[Path] = field(default_factory=list)
    """In the order of their removal; the last ones hold the interpreter that runs and the lock."""
    foreign: list[str] = field(default_factory=list)
    """Names in the root that this project did not make; they stay, and so does the root."""
    processes: list[str] = field(default_factory=list)


def plan_uninstall(layout: Layout) -> Uninstall:
    """Return what is to be removed below a root; changes nothing."""
    found = Uninstall()
    if not os.path.isdir(layout.root):
        return found
    stable = [link for link in [*stable_links(layout), layout.current] if os.path.lexists(link)]
    names = set(os.listdir(layout.root))
    temporary = sorted(name for name in names if name.startswith((BUILDING, DISCARDED, BOOTSTRAP)))
    found.own = [
        *stable,
        *(layout.root / name for name in temporary if not _runs_from(layout.root / name)),
        *(layout.root / name for name in _OWN if name in names),
    ]
    if _holds_entries(layout.unexpected):
        # What a converge found here and moved aside may be somebody's only copy.
        found.foreign.append("state/unexpected")
        if os.listdir(layout.state) == [layout.unexpected.name]:
            found.own.remove(layout.state)
    known = {path.name for path in found.own} | set(temporary) | {"state"}
    found.foreign += sorted(names - known)
    found.processes = processes_below(layout.root)
    return found


def refuse(layout: Layout, found: Uninstall, *, force: bool) -> None:
    """Raise BrokenRoot for a directory that is no root of this project, and for one that processes run from unless ``force`` is set."""
    if found.own and not (layout.state.is_dir() and (layout.lock.is_file() or layout.receipts("bundles").is_dir())):
        raise BrokenRoot(
            f"{layout.root} has no state of this project, so what is in it cannot be distinguished from somebody else's; nothing was removed. "
            "Remove it by hand, or name the root that was meant."
        )
    if found.processes and not force:
        raise BrokenRoot(
            f"{layout.root} is in use; nothing was removed. Stop these processes, or set force to remove it under them.", found.processes
        )


def uninstall(layout: Layout, found: Uninstall) -> tuple[list[str], list[str]]:
    """Remove what was planned, and the root itself when nothing else is in it; return the warnings and the paths that are left.

    Windows does not remove the interpreter that runs this: its bundle, the locked ``state`` and the root are left to the caller.
    """
    running = _running_bundle(layout)
    for path in found.own:
        if path in (layout.bundles, layout.state):
            continue
        if links.is_link(path):
            links.remove(path)
        else:
            remove_tree(path)
    if layout.bundles.is_dir():
        for tree in sorted(layout.bundles.iterdir()):
            if tree != running:
                remove_tree(tree)
    for records in (layout.generation_records, layout.receipts("environments"), layout.receipts("laid")):
        remove_tree(records)
    keeps = _holds_entries(layout.unexpected)
    state = [path for path in layout.state.iterdir() if path != layout.unexpected] if keeps else [layout.state]
    left = [layout.bundles, *state, *(() if found.foreign else (layout.root,))]
    if not WINDOWS:
        remove_tree(layout.bundles)
        # The lock goes last: a run that waits for it finds nothing to do then.
        for path in sorted(state, key=lambda each: each == layout.lock):
            remove_tree(path)
        if not found.foreign:
            _remove_root(layout.root)
        left = []
    warnings = []
    if found.foreign:
        listed = ", ".join(found.foreign[:10]) + (f" and {len(found.foreign) - 10} more" if len(found.foreign) > 10 else "")
        warnings.append(f"{layout.root} stays, because it holds what this project did not make: {listed}.")
    return warnings, [str(path) for path in left]


def _holds_entries(directory: Path) -> bool:
    return os.path.isdir(directory) and any(os.scandir(directory))


def _remove_root(root: Path) -> None:
    if os.path.islink(root):
        return  # whoever made the link decides about it and about the directory behind it
    try:
        os.rmdir(root)
    except OSError:
        # A mount point, or a parent that may not be written: an empty directory is no trace of ours.
        pass


def _running_bundle(layout: Layout) -> Path | None:
    prefix = Path(os.path.realpath(sys.base_prefix))
    bundles = Path(os.path.realpath(layout.bundles))
    inside = next((each for each in [prefix, *prefix.parents] if each.parent == bundles), None)
    return layout.bundles / inside.name if inside is not None else None


def _runs_from(tree: Path) -> bool:
    return os.path.realpath(sys.base_prefix).startswith(os.path.realpath(tree) + os.sep)
