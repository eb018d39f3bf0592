# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transaction marker: a file that is there while a root is being changed, and stays when the run is cut off."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from ..errors import BrokenRoot
from ..fs import links
from ..fs.atomic import write_json
from ..fs.record_files import read_json
from ..fs.removal import remove_tree
from ..model.layout import Layout
from ..text.grammar import LARGEST_GENERATION, is_number


@contextmanager
def held(layout: Layout, steps: Sequence[Mapping[str, str]], *, generation: int | None = None, ends_all: bool = False) -> Iterator[None]:
    """Hold the marker for the length of the block.

    ``generation`` is the number of a generation that is made in the block: cut off before the switch, it was never in force.
    A marker that an earlier run left stays behind unless this block ends all that was begun, and so does the block's own when it fails
    after the switch: what it did not come to is for the next run to make, and nobody else's doing.
    """
    found = layout.transaction_marker.exists()
    if layout.transaction_marker.is_dir() and not layout.transaction_marker.is_symlink():
        # A file cannot be renamed over it; it has been reported, and this block is what it stood in the way of.
        remove_tree(layout.transaction_marker)
    try:
        write_json(layout.transaction_marker, {"format": 1, "pid": os.getpid(), "generation": generation, "steps": list(steps)})
    except BrokenRoot:
        # On a full disk, pruning is the way out: only what makes a generation cannot do without.
        if generation is not None:
            raise
    before = links.read(layout.current)
    try:
        yield
    except BaseException:
        if links.read(layout.current) == before and (ends_all or not found):
            layout.transaction_marker.unlink(missing_ok=True)
        raise
    if ends_all or not found:
        layout.transaction_marker.unlink(missing_ok=True)


def begun_generation(layout: Layout) -> int | None:
    """Return the number of the generation that a run which was cut off was making."""
    try:
        document = read_json(layout.transaction_marker)
    except (FileNotFoundError, ValueError):
        # No marker, or one that cannot be read: it says that something was cut off, and no more.
        return None
    number = document.get("generation") if isinstance(document, dict) else None
    return number if is_number(number, least=1, most=LARGEST_GENERATION) else None
