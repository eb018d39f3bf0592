# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell which processes run from trees that are not, or no longer, those in force."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from ..findings.outdated import Outdated, OutdatedProcess, OutdatedTree
from ..model.layout import Layout
from ..model.receipts import Generation, Records
from ..paths import DISCARDED, WINDOWS
from ..process.seen import processes_of
from ..process.seen_process import DELETED, SeenProcesses
from ..text.grammar import tree_parts

_KINDS = {"bundles": "bundle", "environments": "virtualenv"}
_AGAIN = re.compile("-[0-9a-f]{8}$")


def find_outdated(layout: Layout, records: Records, in_force: Generation | None) -> Outdated:
    """Return the processes that still run from older trees, and how many could not be examined."""
    return judged(processes_of(layout.root), layout, records, in_force)


def judged(seen: SeenProcesses, layout: Layout, records: Records, in_force: Generation | None) -> Outdated:
    """Return those of the processes of a root that run from older trees."""
    found = []
    for process in seen.found:
        trees = list(_outdated_trees(process.paths, layout, records, in_force))
        if trees:
            found.append(OutdatedProcess(process.pid, process.user, process.since, process.command, tuple(trees)))
    return Outdated(tuple(found), seen.unknown, seen.hides_others)


def _outdated_trees(paths: Iterable[str], layout: Layout, records: Records, in_force: Generation | None) -> Iterator[OutdatedTree]:
    current = {*in_force.bundles.values(), *in_force.virtualenvs.values()} if in_force is not None else set()
    runs: dict[tuple[str, str], bool] = {}
    for path in paths:
        tree = _tree_of(path, layout)
        if tree is not None:
            kind, tree_id, discarded = tree
            runs[kind, tree_id] = runs.get((kind, tree_id), False) or discarded or path.endswith(DELETED)
    for (kind, tree_id), replaced in sorted(runs.items()):
        if tree_id in current and not replaced:
            continue
        name = (tree_parts(kind, tree_id) or {}).get("name", "")
        named = (in_force.bundles if kind == "bundles" else in_force.virtualenvs) if in_force is not None else {}
        there = os.path.isdir(layout.tree(kind, tree_id))
        yield OutdatedTree(
            subject=f"{_KINDS[kind]}:{name}",
            tree=f"{kind}/{tree_id}",
            release=_release(kind, tree_id, records),
            state="replaced" if tree_id in current else "older" if there else "removed",
            generations=tuple(sorted(each.number for each in records.generations.values() if tree_id in _trees(kind, each))),
            in_force=f"{kind}/{named[name]}" if name in named else None,
        )


def _trees(kind: str, generation: Generation) -> Iterable[str]:
    return (generation.bundles if kind == "bundles" else generation.virtualenvs).values()


def _release(kind: str, tree_id: str, records: Records) -> str | None:
    """Return the release of a bundle, or of the bundle of an environment, as far as that is still known."""
    if kind == "bundles":
        return (tree_parts(kind, tree_id) or {}).get("release")
    environment = records.environments.get(tree_id)
    return (tree_parts("bundles", environment.bundle) or {}).get("release") if environment is not None else None


def _tree_of(path: str, layout: Layout) -> tuple[str, str, bool] | None:
    """Return kind and identifier of the tree that a path leads into, and whether that tree was discarded, which gives it another name."""
    for root in (os.path.abspath(layout.root), os.path.realpath(layout.root)):
        if not (os.path.normcase(path) if WINDOWS else path).startswith((os.path.normcase(root) if WINDOWS else root) + os.sep):
            continue
        kind, _separator, rest = path[len(root) + 1 :].partition(os.sep)
        if kind not in _KINDS:
            return None
        directory = rest.partition(os.sep)[0]
        tree_id = directory.removeprefix(DISCARDED)
        # Of two discarded trees of one name, the second has digits behind it.
        for spelled in (tree_id, _AGAIN.sub("", tree_id)):
            if tree_parts(kind, spelled) is not None:
                return kind, spelled, directory != spelled
        return None
    return None
