# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The transaction marker: a file that is there while a root is being changed, and stays when the run is cut off."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from ..errors import BrokenRoot
from ..fs import links
from ..fs.atomic import write_json
from ..fs.record_files import read_json
from ..fs.removal import remove_tree
from ..model.layout import Layout
from ..model.unproved import Unproved
from ..text.grammar import LARGEST_GENERATION, generation_number, is_number


@contextmanager
def held(
    layout: Layout,
    steps: Sequence[Mapping[str, str]],
    *,
    generation: int | None = None,
    checks: Iterable[str] = (),
    unproved: Unproved | None = None,
    ends_all: bool = False,
) -> Iterator[None]:
    """Hold the marker for the length of the block.

    ``generation`` is the number of a generation that is made in the block: cut off before the switch, it was never in force, and cut off
    after it, its ``checks`` after the switch, by their subjects, may not have run. ``unproved`` is one of which an earlier run left that
    open; a block that does not end all leaves open what it finds.
    A marker that an earlier run left stays behind unless this block ends all that was begun, and so does the block's own when it fails
    after the switch, or before it has proved what an earlier run left open: what it did not come to is for the next run to make, and nobody
    else's doing.
    """
    found = layout.transaction_marker.exists()
    if layout.transaction_marker.is_dir() and not layout.transaction_marker.is_symlink():
        # A file cannot be renamed over it; it has been reported, and this block is what it stood in the way of.
        remove_tree(layout.transaction_marker)
    if not ends_all:
        unproved = unproved or _left_open(layout)
    document = {"format": 1, "pid": os.getpid(), "generation": generation, "checks": sorted(checks), "steps": list(steps)}
    try:
        write_json(layout.transaction_marker, {**document, **_as_left_open(unproved)})
    except BrokenRoot:
        # On a full disk, pruning is the way out: only what makes a generation cannot do without.
        if generation is not None:
            raise
    before = links.read(layout.current)
    try:
        yield
    except BaseException:
        if links.read(layout.current) == before and (ends_all or not found) and _left_open(layout) is None:
            layout.transaction_marker.unlink(missing_ok=True)
        raise
    if ends_all or not found:
        layout.transaction_marker.unlink(missing_ok=True)


def end(layout: Layout) -> None:
    """Remove the marker before its block ends with an error: what the block had changed, it has taken back."""
    layout.transaction_marker.unlink(missing_ok=True)


def proved(layout: Layout) -> None:
    """Note that the checks have passed, or that their generation is not in force any more: nothing of the kind is left open."""
    document = _read(layout)
    write_json(layout.transaction_marker, {**{key: value for key, value in document.items() if key != "unproved"}, "checks": []})


def begun_generation(layout: Layout) -> int | None:
    """Return the number of the generation that a run which was cut off was making."""
    return _number(_read(layout).get("generation"))


def left_generation(layout: Layout) -> int | None:
    """Return the number of the generation that a run which was cut off was to prove, or to go back from."""
    left = _read(layout).get("unproved")
    return _number(left.get("generation")) if isinstance(left, dict) else None


def unproved_generation(layout: Layout, number: int) -> Unproved | None:
    """Return what is open of a generation in force: a run was cut off that had switched to it, or was to check it for one that had."""
    document = _read(layout)
    if number == left_generation(layout):
        found = Unproved(number, _subjects(document["unproved"].get("checks")))
    elif number == _number(document.get("generation")):
        found = Unproved(number, _subjects(document.get("checks")))
    elif number == _number(document.get("unchecked")):
        found = Unproved(number)
    else:
        return None
    return None if found.subjects == frozenset() else found


def _left_open(layout: Layout) -> Unproved | None:
    target = links.read(layout.current)
    number = generation_number(target.replace("\\", "/").rstrip("/").rpartition("/")[2]) if target is not None else None
    return unproved_generation(layout, number) if number is not None else None


def _as_left_open(unproved: Unproved | None) -> dict[str, object]:
    if unproved is None:
        return {}
    subjects = None if unproved.subjects is None else sorted(unproved.subjects)
    return {"unproved": {"generation": unproved.generation, "checks": subjects}}


def _subjects(value: object) -> frozenset[str] | None:
    """Return the subjects of checks; None where they are not known, as in the marker of an earlier release."""
    return frozenset(value) if isinstance(value, list) and all(isinstance(each, str) for each in value) else None


def _read(layout: Layout) -> dict[str, Any]:
    try:
        document = read_json(layout.transaction_marker)
    except (FileNotFoundError, ValueError):
        # No marker, or one that cannot be read: it says that something was cut off, and no more.
        return {}
    return document if isinstance(document, dict) else {}


def _number(value: object) -> int | None:
    return value if is_number(value, least=1, most=LARGEST_GENERATION) else None
