# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hold a tree on the disk against its manifest, by ``lstat`` or by content."""

from __future__ import annotations

import os
import stat
from collections.abc import Container, Mapping
from pathlib import Path
from typing import Any

from ..findings.difference import Difference
from ..findings.finding import Kind
from ..fs import extended_attributes
from ..fs.file_status import status_reader
from ..model.manifest import DIRECTORY_MODE, Manifest
from ..model.receipts import TreeOwner
from ..paths import FILE_TIME_NS, Inode, extended, inside
from ..windows import acl as windows_acl
from ..windows import streams as windows_streams

POSIX = os.name == "posix"

# What is no part of a tree's own files on Windows: a file with one of these is not written to, not seen, or not touched.
WINDOWS_ATTRIBUTES = {0x1: "read-only", 0x2: "hidden", 0x4: "system"}


def _kind_of(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "directory"
    if stat.S_ISLNK(mode):
        return "link"
    return "file" if stat.S_ISREG(mode) else "special file"


class Inspection:
    """One pass over one tree; collects the differences."""

    def __init__(
        self,
        tree: Path,
        manifest: Manifest,
        *,
        owner: TreeOwner | None,
        shares: bool = False,
        reads: bool = False,
        finished: int = 0,
        carried: extended_attributes.Known | None = None,
    ) -> None:
        """Begin.

        ``shares``: files with further names are judged in the trees that they come from (owner and access list on Windows).
        ``reads``: the inodes are needed, because ``contents`` or ``streams`` will follow.
        ``finished``: when we last changed anything in the tree; a file that has not changed since carries nothing new, so that it need
        not be asked for capabilities, ACLs and flags. 0 asks all. ``carried``: what is known of those, shared by trees that share files.
        """
        self._at = inside(tree)
        self._tree = extended(tree)
        self._manifest = manifest
        self._owner = tuple(owner) if owner and POSIX else None
        self._access = owner if not POSIX else None
        self._shares = shares
        self._reads = reads
        self._finished = finished
        self._carried = {} if carried is None else carried
        self._reader = status_reader(numbers=reads)
        self._descriptors = windows_acl.Descriptors() if self._access else None
        self.differences: list[Difference] = []
        self.inodes: dict[str, Inode] = {}

    def _differ(self, path: str, kind: Kind, *, expected: object, actual: object) -> None:
        self.differences.append(
            Difference(
                path=path, kind=kind, expected=None if expected is None else str(expected), actual=None if actual is None else str(actual)
            )
        )

    def _check_owner(self, path: str, found: Any) -> None:
        if self._owner is not None and (found.st_uid, found.st_gid) != self._owner:
            self._differ(path, "owner", expected=f"{self._owner[0]}:{self._owner[1]}", actual=f"{found.st_uid}:{found.st_gid}")

    def _check_carried(self, path: str, found: Any) -> None:
        words = extended_attributes.carried(self._at(path) if path else self._tree, found, self._carried)
        if words:
            self._differ(path, "mode", expected="no capabilities, access control lists or flags", actual=", ".join(words))

    def _check_access(self, path: str, found: Any) -> None:
        """Check owner, access list and attributes, as Windows has them."""
        set_ones = [name for bit, name in WINDOWS_ATTRIBUTES.items() if getattr(found, "st_file_attributes", 0) & bit]
        if set_ones:
            self._differ(path, "mode", expected="no attribute", actual=", ".join(set_ones))
        directory = stat.S_ISDIR(found.st_mode)
        if self._descriptors is None or not self._access:
            return
        expected = str(self._access[0 if directory else 1])
        try:
            actual = self._descriptors.of(self._at(path) if path else self._tree)
            if actual == expected or (self._shares and not directory and os.lstat(self._at(path)).st_nlink > 1):
                return
        except FileNotFoundError:
            return
        except OSError as error:
            self._differ(path, "mode", expected=expected.partition("D:")[2], actual=f"an access list that cannot be read: {error.strerror}")
            return
        (owner, _mark, access), (expected_owner, _same, expected_access) = actual.partition("D:"), expected.partition("D:")
        if owner != expected_owner:
            self._differ(path, "owner", expected=expected_owner.removeprefix("O:"), actual=owner.removeprefix("O:"))
        if access != expected_access:
            self._differ(path, "mode", expected=expected_access, actual=access or "no access list")

    def streams(self, known: dict[Inode, list[str]]) -> None:
        """Report what lies behind files and directories under a second name (NTFS); each inode is asked once."""
        if POSIX:
            return
        for path in ("", *self._manifest.directories, *self.inodes):
            inode = self.inodes.get(path)
            if inode is None or inode not in known:
                found = windows_streams.alternate_streams(self._at(path) if path else self._tree)
                if inode is not None:
                    known[inode] = found
            else:
                found = known[inode]
            for name in found:
                self._differ(f"{path}{name}", "unexpected", expected=None, actual="an alternate data stream")

    def directories(self, times: Mapping[str, list[int]]) -> list[str]:
        """Check every directory, and return those that may hold other names than before."""
        changed = []
        if self._descriptors is not None:
            self._descriptors.read_ahead([self._at(path) for path in self._manifest.directories])
        for path in ["", *self._manifest.directories]:
            try:
                # Without a slash at the end: it would lead through a link.
                found = self._reader.status(self._at(path) if path else self._tree)
            except (FileNotFoundError, NotADirectoryError):
                self._differ(path, "missing", expected="directory", actual=None)
                continue
            if not stat.S_ISDIR(found.st_mode):
                self._differ(
                    path, "link" if stat.S_ISLNK(found.st_mode) else "modified", expected="directory", actual=_kind_of(found.st_mode)
                )
                continue
            mode = stat.S_IMODE(found.st_mode)
            if POSIX and mode != DIRECTORY_MODE:
                self._differ(path, "mode", expected=f"{DIRECTORY_MODE:04o}", actual=f"{mode:04o}")
            self._check_owner(path, found)
            if not POSIX:
                self._check_access(path, found)
            if times.get(path) != [found.st_mtime_ns, found.st_ctime_ns]:
                changed.append(path)
                if POSIX:
                    self._check_carried(path, found)
        return changed

    def listings(self, changed: list[str]) -> None:
        """List the directories that may have changed, and report what does not belong there."""
        if not changed:
            return
        manifest = self._manifest
        files, directories, links = manifest.files, manifest.directories, manifest.links
        listed: dict[str, list[str]] = {}
        known = 0
        for path in changed:
            prefix = f"{path}/" if path else ""
            try:
                listed[path] = names = self._reader.names(self._at(path) if path else self._tree)
            except OSError as error:
                self._differ(path, "mode", expected="a directory that can be listed", actual=f"{error.strerror}")
                continue
            entries = [prefix + name for name in names]
            unexpected = [entry for entry in entries if entry not in files and entry not in directories and entry not in links]
            known += len(entries) - len(unexpected)
            for entry in sorted(unexpected):
                self._differ(entry, "unexpected", expected=None, actual=_kind_of(os.lstat(self._at(entry)).st_mode))
        # Sorting a large tree's paths by their directories takes as long as inspecting them: not where nothing can be missing.
        if known < len(files) + len(directories) + len(links):
            self._other_spellings(listed)

    def _other_spellings(self, listed: Mapping[str, list[str]]) -> None:
        """Report what a file system that folds case finds under another name than the one that it lists."""
        children = self._manifest.children()
        for path, names in listed.items():
            prefix = f"{path}/" if path else ""
            for name in sorted(children.get(path, set()).difference(names)):
                if os.path.lexists(self._at(prefix + name)):
                    self._differ(prefix + name, "missing", expected="a name spelled like this", actual="a name that differs in case")

    def files(self) -> None:
        """Check type, size, time, mode and owner of every file of the manifest."""
        at, status, regular = self._at, self._reader.status, stat.S_ISREG
        owner, finished = self._owner, self._finished
        if self._descriptors is not None:
            self._descriptors.read_ahead([at(path) for path in self._manifest.files])
        for path, (mode, size, _sha256) in self._manifest.files.items():
            try:
                found = status(at(path))
            except (FileNotFoundError, NotADirectoryError):
                self._differ(path, "missing", expected="file", actual=None)
                continue
            if not regular(found.st_mode):
                kind: Kind = "link" if stat.S_ISLNK(found.st_mode) else "modified"
                self._differ(path, kind, expected="file", actual=_kind_of(found.st_mode))
                continue
            if self._reads:
                self.inodes[path] = self._reader.inode(at(path), found)
            if found.st_size != size:
                self._differ(path, "modified", expected=f"{size} bytes", actual=f"{found.st_size} bytes")
            elif found.st_mtime_ns != FILE_TIME_NS:
                self._differ(path, "modified", expected="untouched since it was installed", actual="written to later")
            if POSIX and found.st_mode & 0o7777 != mode:
                self._differ(path, "mode", expected=f"{mode:04o}", actual=f"{found.st_mode & 0o7777:04o}")
            if owner is not None and (found.st_uid, found.st_gid) != owner:
                self._check_owner(path, found)
            if POSIX and found.st_ctime_ns >= finished:
                self._check_carried(path, found)
            if not POSIX:
                self._check_access(path, found)

    def links(self) -> None:
        """Check the target of every link of the manifest."""
        for path, target in self._manifest.links.items():
            try:
                actual = os.readlink(self._at(path))
            except (FileNotFoundError, NotADirectoryError):
                self._differ(path, "missing", expected=f"link to {target}", actual=None)
                continue
            except OSError:
                self._differ(path, "link", expected=f"link to {target}", actual="no link")
                continue
            if actual != target:
                self._differ(path, "link", expected=f"link to {target}", actual=f"link to {actual}")

    def unread(self, known: Container[Inode]) -> dict[Inode, str]:
        """Return a path of each file that was seen, and whose content is not known."""
        return {inode: self._at(path) for path, inode in self.inodes.items() if inode not in known}

    def forget_files(self) -> None:
        """Drop what is only needed to compare: of twenty environments it would be most of the memory of a run."""
        self.inodes.clear()
        self._manifest = Manifest()

    def contents(self, digests: Mapping[Inode, str]) -> None:
        """Check the content of every file whose inode was hashed."""
        modified = {difference.path for difference in self.differences if difference.kind == "modified"}
        touched: set[str] = set()
        for path, inode in self.inodes.items():
            expected = self._manifest.files[path].sha256
            actual = digests.get(inode)
            if actual is None:
                self._differ(path, "modified", expected=f"sha256 {expected[:12]}", actual="a file that cannot be read")
            elif actual != expected and path not in modified:
                self._differ(path, "modified", expected=f"sha256 {expected[:12]}", actual=f"sha256 {actual[:12]}")
            elif actual == expected and path in modified:
                touched.add(path)
        # Written to, or only touched: the content decides, and the time alone is reported as such.
        self.differences = [
            Difference(path=difference.path, kind="modified", expected="time of installation", actual="another time, same content")
            if difference.kind == "modified" and difference.path in touched
            else difference
            for difference in self.differences
        ]

    def all_by_stat(self, times: Mapping[str, list[int]], *, list_all: bool = False) -> None:
        """Do everything that needs no reading of files."""
        changed = self.directories({} if list_all else times)
        self.listings(changed)
        self.files()
        self.links()
