# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the root's own directories and records are as the engine makes them: modes, owners, access, names; changes nothing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..findings.finding import INTERRUPTED, TAMPERED, Cause, Finding, Kind, Severity, opens_up
from ..findings.needed_repair import PROTECT, RENAME, SET_ASIDE, NeededRepair
from ..fs import extended_attributes
from ..fs.atomic import RECORD_MODE
from ..fs.case_folding import other_spelling
from ..fs.file_status import status_reader
from ..model.layout import BOOTSTRAP, OWN_DIRECTORIES, OWN_LINKS, RECEIPT_KINDS, Layout
from ..model.manifest import DIRECTORY_MODE
from ..model.receipts import Generation, Records
from ..paths import BUILDING, DISCARDED, WINDOWS, Inode, extended
from ..planning.observation import Observation
from ..records import root_record
from ..records.stored_artifacts import StoredArtifacts
from ..windows import acl as windows_acl
from ..windows.in_use import SET_ASIDE as IN_USE
from .tree import WINDOWS_ATTRIBUTES

_STATE = (
    "lock", "journal", "current.json", "root.json", "engine", "generations", "receipts", os.path.basename(IN_USE), "unexpected",
    "vpython.json",
)  # fmt: skip
# What file systems and desktops keep at the top of a volume; part of a root only where one is mounted there.
_OF_VOLUMES = {
    "lost+found", ".snapshot", ".snapshots", ".zfs", ".fseventsd", ".Spotlight-V100", ".Trashes", ".TemporaryItems",
    "System Volume Information", "$RECYCLE.BIN",
}  # fmt: skip
_REPAIR = "Converge to repair it."


def check_store(layout: Layout, observation: Observation) -> None:
    """Add a finding, and what repairs it, for each of the root's own directories, links and records that is not as the engine makes it."""
    check = _StoreCheck(layout, observation)
    check.directories()
    check.records()
    check.names()


def needed_repairs(layout: Layout, records: Records, current: Generation | None) -> list[NeededRepair]:
    """Return what is not right about directories and records, for a run that checks nothing else."""
    observation = Observation(records=records, current=current)
    check_store(layout, observation)
    return observation.repairs


def check_stored(layout: Layout, observation: Observation, stored: StoredArtifacts, digests: Mapping[Inode, str]) -> None:
    """Add a finding for each stored artifact that is not what its digest says, and for each entry among them that is none."""
    check = _StoreCheck(layout, observation)
    for each in stored.artifacts:
        check.check_file(each.path)
    for path in stored.strays:
        report_stray(layout, observation, path)
    for path, right in stored.misspelled.items():
        report_spelling(layout, observation, path, right)
    for each, actual in stored.changed(digests):
        below = each.path.relative_to(layout.root).as_posix()
        found = f"sha256 {actual[:12]}" if actual is not None else "a file that cannot be read"
        remedy = "Converge to remove it; it is fetched again when it is needed."
        observation.findings.append(
            Finding(
                subject="store",
                kind="modified",
                severity="high",
                cause=TAMPERED,
                expected=f"sha256 {each.sha256[:12]}",
                actual=found,
                path=below,
                remedy=remedy,
            )
        )
        observation.leftovers.append(each.path)


class _StoreCheck:
    """One pass over what the engine itself keeps."""

    def __init__(self, layout: Layout, observation: Observation) -> None:
        self._layout = layout
        self._observation = observation
        self._record = root_record.read(layout)
        root = os.lstat(layout.root)
        self._owner = self._record.owner if self._record is not None else (root.st_uid, root.st_gid)
        self._reader = status_reader()
        self._known: extended_attributes.Known = {}

    def directories(self) -> None:
        """Check kind, mode, owner and access of every directory of ours that is not part of a tree."""
        layout, record = self._layout, self._record
        for name, path in layout.own_directories().items():
            mode = DIRECTORY_MODE
            if name == ".":
                found = stat.S_IMODE(os.lstat(path).st_mode)
                mode = record.mode if record is not None else found if root_record.acceptable(found) else DIRECTORY_MODE
            # Before there is a generation, a run may have been cut off before it made them all.
            if self._check(path, directory=True, mode=mode, group=record is not None, needed=self._observation.current is not None):
                self._check_access(name, path)
        for directory in [*self._profiles(), *self._stored()]:
            self._check(directory, directory=True, mode=DIRECTORY_MODE)

    def records(self) -> None:
        """Check kind, mode and owner of every record."""
        layout, records, used = self._layout, self._observation.records, self._observation.current is not None
        # A record of the switch that cannot be read is reported as that, and written again.
        files = [layout.lock, layout.transaction_marker, *([layout.in_force] if layout.in_force not in self._observation.leftovers else [])]
        files.append(layout.package_sources)
        files += [layout.generation_records / f"{number}.json" for number in records.generations]
        files += [layout.receipt(kind, tree_id) for kind in RECEIPT_KINDS for tree_id in getattr(records, kind)]
        for path in files:
            self.check_file(path)
        if self._check(layout.root_record, mode=RECORD_MODE, needed=used) and self._record is None:
            self._find(
                "modified", layout.root_record, expected="a readable record", actual="a record that cannot be read", severity="medium"
            )
            self._repair(NeededRepair(layout.root_record, PROTECT, RECORD_MODE))

    def check_file(self, path: Path) -> None:
        """Check kind, mode and owner of one file of ours, if it is there."""
        self._check(path, mode=RECORD_MODE)

    def names(self) -> None:
        """Check that nothing lies among what is ours that is not ours, and that each name is spelled as the engine spells it."""
        layout, records = self._layout, self._observation.records
        top = {*OWN_LINKS, *OWN_DIRECTORIES, *(self._record.beside if self._record is not None else ())}
        # What lies in a directory that is about to become a root is part of how it is found.
        if self._record is not None or self._observation.current is not None or records.generations:
            self._strays(layout.root, top, also=_OF_VOLUMES if os.path.ismount(layout.root) else ())
        self._strays(layout.state, _STATE)
        self._strays(layout.state / "receipts", RECEIPT_KINDS)
        unreadable = {os.path.basename(path) for path in records.unreadable}
        begun = {path.name for path in self._observation.leftovers}
        self._strays(layout.generation_records, {*(f"{number}.json" for number in records.generations)}, also=unreadable | begun)
        for kind in RECEIPT_KINDS:
            self._strays(layout.receipts(kind), {f"{tree_id}.json" for tree_id in getattr(records, kind)}, also=unreadable | begun)

    def _profiles(self) -> Iterator[Path]:
        if WINDOWS:  # fallback directories are checked with what they stand for
            return
        for number in self._observation.records.generations:
            links = self._layout.generations / str(number)
            yield from (path for path in (links, links / "bin", links / "envs") if path.is_dir() and not path.is_symlink())

    def _stored(self) -> list[Path]:
        wheels = self._layout.wheels
        names = self._reader.names(os.fspath(wheels)) if wheels.is_dir() else []
        return [path for path in (wheels / name for name in sorted(names)) if path.is_dir() and not path.is_symlink()]

    def _check(self, path: Path, *, mode: int, directory: bool = False, group: bool = False, needed: bool = False) -> bool:
        """Check one path, and return whether it is of the kind that it should be."""
        try:
            found = self._reader.status(extended(path))
        except (FileNotFoundError, NotADirectoryError):
            if needed:
                cause: Cause = INTERRUPTED if self._layout.transaction_marker.exists() else TAMPERED
                self._find("missing", path, expected="a directory" if directory else "a file", actual=None, cause=cause)
                self._repair(NeededRepair(path, PROTECT))
            return False
        if not (stat.S_ISDIR if directory else stat.S_ISREG)(found.st_mode):
            kind: Kind = "link" if stat.S_ISLNK(found.st_mode) else "modified"
            self._find(
                kind, path, expected="a directory" if directory else "a file", actual="a link" if kind == "link" else "something else"
            )
            if not directory:
                self._repair(NeededRepair(path, SET_ASIDE))
            return False
        if WINDOWS:
            self._check_attributes(path, found)
        else:
            self._check_rights(path, found, mode, group=group)
        return True

    def _check_attributes(self, path: Path, found: Any) -> None:
        words = [name for bit, name in WINDOWS_ATTRIBUTES.items() if getattr(found, "st_file_attributes", 0) & bit]
        if words and path != self._layout.root:
            self._find("mode", path, expected="no attribute", actual=", ".join(words))
            self._repair(NeededRepair(path, PROTECT))

    def _check_rights(self, path: Path, found: os.stat_result, mode: int, *, group: bool) -> None:
        actual = stat.S_IMODE(found.st_mode)
        owner = (found.st_uid, found.st_gid)
        carried = extended_attributes.carried(os.fspath(path), found, self._known)
        # Who runs the engine may have changed the group: where the mode gives it no more than everybody, it says nothing.
        foreign = owner[0] != self._owner[0] or (group and owner[1] != self._owner[1])
        if actual != mode:
            self._find("mode", path, expected=f"{mode:04o}", actual=f"{actual:04o}")
        if carried:
            self._find("mode", path, expected="no capabilities, access control lists or flags", actual=", ".join(carried))
        if foreign:
            self._find("owner", path, expected="{}:{}".format(*self._owner), actual="{}:{}".format(*owner), severity="high")
        if actual != mode or carried or foreign:
            self._repair(NeededRepair(path, PROTECT, mode, self._owner if foreign else None))

    def _check_access(self, name: str, path: Path) -> None:
        """Hold owner and access list of a directory against what they were (Windows)."""
        expected = self._record.access.get(name) if self._record is not None else None
        if not WINDOWS or expected is None or (name == "." and self._observation.open_to):
            return
        actual = windows_acl.Descriptors().of(extended(path))
        if actual != expected:
            self._find(
                "mode", path, expected=expected, actual=actual, severity="high" if windows_acl.others_who_may_write(path) else "medium"
            )
            self._repair(NeededRepair(path, PROTECT, DIRECTORY_MODE))

    def _strays(self, directory: Path, expected: Iterable[str], also: Iterable[str] = ()) -> None:
        """Report the entries of a directory that are neither expected nor allowed beside what is."""
        known, allowed = set(expected), set(also)
        try:
            names = self._reader.names(extended(directory))
        except OSError:  # missing, no directory or closed: reported as that
            return
        for name in sorted(set(names) - known - allowed):
            if name.startswith((BUILDING, DISCARDED, BOOTSTRAP)):
                continue
            right = other_spelling(directory, name, known.difference(names))
            if right is not None:
                report_spelling(self._layout, self._observation, directory / name, right)
            else:
                report_stray(self._layout, self._observation, directory / name)

    def _find(
        self,
        kind: Kind,
        path: Path,
        *,
        expected: str | None,
        actual: str | None,
        severity: Severity | None = None,
        cause: Cause = TAMPERED,
    ) -> None:
        severity = severity or ("high" if kind != "mode" or opens_up(actual) else "medium")
        below = path.relative_to(self._layout.root).as_posix()
        remedy = "Remove the link and put the directory back." if kind == "link" and expected == "a directory" else _REPAIR
        self._observation.findings.append(
            Finding(subject="store", kind=kind, severity=severity, cause=cause, expected=expected, actual=actual, path=below, remedy=remedy)
        )

    def _repair(self, repair: NeededRepair) -> None:
        self._observation.repairs.append(repair)


def report_spelling(layout: Layout, observation: Observation, path: Path, right: str) -> None:
    """Report an entry that a file system which folds case finds by its right name, and lists by another."""
    below = path.with_name(right).relative_to(layout.root).as_posix()
    actual = f"a name that differs in case: {path.name}"
    observation.findings.append(
        Finding(
            subject="store",
            kind="modified",
            severity="medium",
            cause=TAMPERED,
            expected=f"a name spelled {right}",
            actual=actual,
            path=below,
            remedy="Converge to rename it back.",
        )
    )
    observation.repairs.append(NeededRepair(path, RENAME, name=right))


def report_stray(layout: Layout, observation: Observation, path: Path) -> None:
    """Report an entry that the engine did not make, in a directory that is its own."""
    below, place = path.relative_to(layout.root).as_posix(), layout.unexpected.relative_to(layout.root).as_posix()
    remedy = f"Move it out of the root; a converge moves it to {place} and removes nothing."
    observation.findings.append(
        Finding(
            subject="store",
            kind="unexpected",
            severity="medium",
            cause=TAMPERED,
            expected=None,
            actual="an entry that no run made",
            path=below,
            remedy=remedy,
        )
    )
    observation.repairs.append(NeededRepair(path, SET_ASIDE))
