# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put a finished tree in the place of another one, in one step where the system can."""

from __future__ import annotations

import os
from pathlib import Path

from ..paths import DISCARDED, extended
from ..windows import in_use as windows_in_use
from . import extended_attributes
from .atomic import exchange, patiently, sync_directory
from .removal import aside_name, remove_tree, try_to_remove


def place(building: Path, final: Path) -> list[str]:
    """Rename a finished tree to its final place; a tree that is there already is exchanged and then removed.

    An old tree that cannot be removed is no obstacle: it stays beside under a name that the next run knows, and a warning says so.
    """
    if not os.path.lexists(final):
        patiently(lambda: os.rename(building, final))
        sync_directory(final.parent)
        return []
    warnings = try_to_remove(final.parent / f"{DISCARDED}{final.name}")
    discarded = aside_name(final)
    # Neither the tree nor the directory that it is in is renamed by anybody while a flag says that it is immutable.
    for flagged in (final, final.parent):
        extended_attributes.release(str(flagged))
    if exchange(building, final):
        os.rename(building, discarded)
    else:
        # Where the system cannot exchange, the tree is missing for a moment; its receipt stays, so a run that is cut off here is repaired by the next.
        try:
            os.rename(final, discarded)
        except PermissionError as error:
            if not windows_in_use.refused(error):
                raise
            _replace_in_use(building, final)
            return warnings
        patiently(lambda: os.rename(building, final))
    sync_directory(final.parent)
    return warnings + try_to_remove(discarded)


def _replace_in_use(building: Path, final: Path) -> None:
    """Give a tree from which a process runs its content, since Windows does not rename it."""
    windows_in_use.replace_content(extended(building), extended(final), patiently=patiently)
    remove_tree(building)
