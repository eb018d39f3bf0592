# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the trees that are exactly what their receipts say, by content, each shared file read once (POSIX).

Nearly all trees of nearly all hosts are whole. To see that takes fewer calls and less memory than to say how a tree differs: the files
are confirmed by workers that open each once, and the files that an environment shares are recognized by their inode numbers, which the
listing of a directory gives. A tree that is not found whole here is inspected by ``tree``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..fs.confirmation import Owner, confirm_directory
from ..model.layout import Layout
from ..model.manifest import DIRECTORY_MODE, FileRecord, Manifest
from ..model.receipts import EnvironmentReceipt, LaidReceipt, TreeOwner
from ..mounts import may_hide_files
from ..paths import Inode
from ..process.file_confirmation import Confirmation, RecordedFiles
from ..process.subprocess_environment import core_count

Numbers = Mapping[str, Mapping[str, int]]
"""The inode numbers of files by directory and name; 0 for a file that no other tree shares."""


@dataclass(frozen=True)
class RecordedTree:
    """A bundle or an unpacked wheel as its receipt describes it."""

    kind: str
    id: str
    tree: Path
    manifest: Manifest
    owner: TreeOwner | None


@dataclass
class WholeTrees:
    """What was found whole, as kind and identifier, and the digests of the further files that were read."""

    found: set[tuple[str, str]] = field(default_factory=set)
    further: Mapping[Inode, str] = field(default_factory=dict)
    _read: list[tuple[int, Manifest, list[int]]] = field(default_factory=list)

    def add(self, tree: RecordedTree, device: int, numbers: list[int]) -> None:
        """Add a tree with the inode numbers of its files."""
        self.found.add((tree.kind, tree.id))
        self._read.append((device, tree.manifest, numbers))

    def digests(self) -> dict[Inode, str]:
        """Return the digests of all files that were read."""
        found = dict(self.further)
        for device, manifest, numbers in self._read:
            found.update(
                ((device, number, record.size), record.sha256) for number, record in zip(numbers, manifest.files.values()) if number
            )
        return found


def find_whole(
    layout: Layout,
    trees: Sequence[RecordedTree],
    environments: Sequence[EnvironmentReceipt],
    laid: Mapping[str, LaidReceipt],
    further: Mapping[Inode, str],
    *,
    jobs: int,
) -> WholeTrees:
    """Return which of the trees and environments are whole; ``further`` are files to hash as well."""
    there = [(tree, _device(tree.tree)) for tree in trees]
    files = [RecordedFiles(f"{tree.tree}/", device, _numbers(tree.owner), tree.manifest.files) for tree, device in there]
    count = core_count(jobs)
    # Other processes read the files while this one lists the directories.
    reading = Confirmation(files, further, count=count)
    listings = [_listing(tree, device) for tree, device in there]
    shared = {
        tree.id: _Shared(laid[tree.id], device, listing)
        for (tree, device), listing in zip(there, listings)
        if tree.kind == "laid" and listing is not None
    }
    own: dict[str, RecordedFiles | None] = {}
    if not may_hide_files(layout.environments):
        own = {receipt.id: _own_files(layout, receipt, shared) for receipt in environments}
    confirmed, digests = reading.result()
    whole = WholeTrees(further=digests)
    for (tree, device), listing, numbers in zip(there, listings, confirmed):
        if listing is None or not all(numbers):
            continue
        whole.add(tree, device, numbers)
        # In a few file systems a listing gives other numbers than a file's status: then they say nothing of environments.
        if tree.kind == "laid" and numbers != [listing[path.rpartition("/")[0]][path.rpartition("/")[2]] for path in tree.manifest.files]:
            del shared[tree.id]
    known = {tree_id for kind, tree_id in whole.found if kind == "laid"} & shared.keys()
    candidates = {
        receipt.id: rest for receipt in environments if (rest := own.get(receipt.id)) is not None and known.issuperset(receipt.laid)
    }
    confirmed, _nothing = Confirmation(list(candidates.values()), {}, count=count).result()
    whole.found |= {("environments", tree_id) for tree_id, numbers in zip(candidates, confirmed) if all(numbers)}
    return whole


class _Shared:
    """The files of an unpacked wheel by the numbers that its directories list."""

    def __init__(self, receipt: LaidReceipt, device: int, listing: Numbers) -> None:
        self.receipt = receipt
        self.device = device
        self._files: dict[str, dict[str, int]] = {}
        for path in receipt.files:
            directory, _slash, name = path.rpartition("/")
            self._files.setdefault(directory, {})[name] = listing[directory][name]
        self._placed: dict[tuple[str, str, str], dict[str, dict[str, int]]] = {}

    def placed(self, environment: EnvironmentReceipt) -> Numbers:
        """Return the files where they are in an environment; environments of one Python have them in the same places."""
        places = (environment.site_packages, environment.headers, environment.scripts)
        if places not in self._placed:
            self._placed[places] = {
                environment.target(self.receipt, f"{directory}/").rstrip("/"): files for directory, files in self._files.items()
            }
        return self._placed[places]


def _own_files(layout: Layout, receipt: EnvironmentReceipt, shared: Mapping[str, _Shared]) -> RecordedFiles | None:
    """Return the files of an environment that are yet to be read; None unless everything else in it is as recorded."""
    tree = layout.tree("environments", receipt.id)
    device, owner = _device(tree), _numbers(receipt.owner)
    expected, records = _expected(receipt, shared, device)
    if expected is None or not _are_links(tree, receipt.own_links):
        return None
    others = _names([*(path for path in receipt.directories if path), *receipt.own_links])
    own: dict[str, FileRecord] = {}
    for directory in {"", *receipt.directories}:
        listed = confirm_directory(_path(tree, directory), mode=DIRECTORY_MODE, device=device, owner=owner)
        if listed is None or any(listed.pop(name, None) is None for name in others.get(directory, ())):
            return None
        files = expected.pop(directory, {})
        if listed == files:
            continue
        if listed.keys() != files.keys():
            return None
        for name, number in files.items():
            path = f"{directory}/{name}" if directory else name
            if number == 0 and path in records:
                own[path] = records[path]
            elif number != listed[name]:
                return None
    return RecordedFiles(f"{tree}/", device, owner, own) if not expected else None


def _expected(
    receipt: EnvironmentReceipt, shared: Mapping[str, _Shared], device: int
) -> tuple[dict[str, Mapping[str, int]] | None, dict[str, FileRecord]]:
    """Return the files of an environment, and the records of those that it does not share; None where a wheel is missing or elsewhere."""
    expected: dict[str, Mapping[str, int]] = {}
    records: dict[str, FileRecord] = {}
    for laid_id in sorted(receipt.laid):
        wheel = shared.get(laid_id)
        if wheel is None or wheel.device != device or wheel.receipt.owner != receipt.owner:
            return None, {}
        placed = wheel.placed(receipt)
        if receipt.link_mode != "hardlink" or wheel.receipt.stamp != receipt.laid[laid_id]:
            placed = {directory: dict.fromkeys(files, 0) for directory, files in placed.items()}
            records.update((receipt.target(wheel.receipt, path), record) for path, record in wheel.receipt.files.items())
        _add(expected, placed)
    own = {directory: dict.fromkeys(names, 0) for directory, names in _names(receipt.own_files).items()}
    records.update(receipt.own_files)
    _add(expected, own)
    return expected, records


def _add(expected: dict[str, Mapping[str, int]], files: Numbers) -> None:
    """Add files in the order in which they were installed: of two with one path the later one is there."""
    for directory, numbers in files.items():
        before = expected.get(directory)
        expected[directory] = numbers if before is None else {**before, **numbers}


def _listing(tree: RecordedTree, device: int) -> dict[str, dict[str, int]] | None:
    """Return what each directory of a tree holds, by names and inode numbers; None unless these names, directories and links are as recorded."""
    owner, found = _numbers(tree.owner), {}
    for directory, names in tree.manifest.children().items():
        listed = confirm_directory(_path(tree.tree, directory), mode=DIRECTORY_MODE, device=device, owner=owner)
        if listed is None or listed.keys() != names:
            return None
        found[directory] = listed
    return found if _are_links(tree.tree, tree.manifest.links) else None


def _are_links(tree: Path, links: Mapping[str, str]) -> bool:
    try:
        return all(os.readlink(_path(tree, path)) == target for path, target in links.items())
    except OSError:
        return False


def _names(paths: Iterable[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for path in paths:
        directory, _slash, name = path.rpartition("/")
        found.setdefault(directory, []).append(name)
    return found


def _path(tree: Path, directory: str) -> str:
    # Without a slash at the end: it would lead through a link.
    return f"{tree}/{directory}" if directory else str(tree)


def _device(tree: Path) -> int:
    """Return the number of a tree's device, or one that nothing has."""
    try:
        return os.lstat(tree).st_dev
    except OSError:
        return -1


def _numbers(owner: TreeOwner | None) -> Owner:
    return [int(each) for each in owner] if owner else None
