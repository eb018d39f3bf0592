# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs of a Linux tree make the dynamic loader look: in the tree, relative to themselves, or somebody else decides."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

from ..model.tree import Tree
from .elf import is_elf, read_elf
from .shared_libraries import set_search_path


def outside_search_paths(tree: Tree) -> dict[Path, list[str]]:
    """Return the search paths that lead out of the tree, absolute, relative to the current directory, or empty, by file."""
    found = {}
    for path in tree.files():
        if is_elf(path):
            inside = posixpath.dirname(path.relative_to(tree.root).as_posix())
            entries = [entry for text in read_elf(path).search_texts if text for entry in text.split(":")]
            if outside := [entry for entry in entries if not stays_inside(entry, directory=inside)]:
                found[path] = outside
    return found


def stays_inside(entry: str, *, directory: str) -> bool:
    """Return whether one search path of a file in a directory of the tree stays in it."""
    head, _separator, rest = entry.partition("/")
    if head not in ("$ORIGIN", "${ORIGIN}") or "$" in rest:
        return False
    return posixpath.normpath(posixpath.join(directory, rest)).partition("/")[0] != os.pardir


def confine_search_paths(tree: Tree) -> None:
    """Make every program look for libraries in the tree only; those that do already stay as they are."""
    for path in outside_search_paths(tree):
        set_search_path(path, tree=tree)


def warnings_of_packages(tree: Tree) -> list[str]:
    """Return a warning for each library of a package that looks out of the tree: it is the bytes of its wheel, whose digest is locked."""
    return [
        f"{path.relative_to(tree.root).as_posix()}, of a package of this bundle, looks for libraries in {', '.join(map(repr, entries))}: "
        "whoever may write there decides what it runs. Take another wheel of that package."
        for path, entries in outside_search_paths(tree).items()
        if tree.root / tree.site_packages in path.parents
    ]
