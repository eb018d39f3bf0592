# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory that an archive is unpacked into: every entry is judged in the order of the archive, then written, by any thread."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import UnsafeArchive
from ..os_errors import explain
from ..paths import WINDOWS, extended
from ..windows import status as windows_status
from .archive_entries import DIRECTORY, FILE, LINK, Entries

_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True)
class NewFile:
    """A file that may be written."""

    name: str
    path: str
    size: int
    executable: bool
    mtime: int


class TreeWriting:
    """Judges entries, which is for one thread, and writes those that may be written; from the first bad one on, none."""

    def __init__(self, root: Path, *, fold_case: bool) -> None:
        self.files: dict[str, tuple[int, str]] = {}
        """Size and SHA-256 of each file that was written."""
        self.entries = Entries(fold_case=fold_case, windows=WINDOWS)
        self._root = extended(root)
        self._made = {""}
        self._times: dict[str, int] = {}

    def directory(self, name: str, mtime: int) -> None:
        """Judge and make a directory."""
        clean = self.entries.admit(name, DIRECTORY)
        if clean and not self.entries.problems:
            self._make(clean)
            self._times[clean] = mtime

    def link(self, name: str, target: str, mtime: int) -> None:
        """Judge a link; it is made at the end."""
        clean = self.entries.admit(name, LINK, target)
        if clean and not self.entries.problems:
            self._times[clean] = mtime

    def file(self, name: str, size: int, executable: bool, mtime: int) -> NewFile | None:
        """Judge a file, and make the directory that it lies in; None where it must not be written."""
        clean = self.entries.admit(name, FILE)
        if not clean or self.entries.problems:
            return None
        parent = clean.rpartition("/")[0]
        if parent not in self._made:
            self._make(parent)
        return NewFile(clean, self._path(clean), size, executable, mtime)

    def write(self, file: NewFile, pieces: Iterable[bytes | memoryview]) -> None:
        """Write a file that was judged, and hash what is written; raises EOFError where the pieces are not its whole content."""
        digest = hashlib.sha256()
        try:
            descriptor = os.open(file.path, _FLAGS, 0o600)
        except OSError as error:
            raise explain(error, file.path) from error
        try:
            left = file.size
            for piece in pieces:
                digest.update(piece)
                _write(descriptor, piece, file.path)
                left -= len(piece)
            if left:
                raise EOFError(f"{file.name!r} ends {left} bytes too early")
            if WINDOWS:
                windows_status.set_times(descriptor, file.mtime)
            else:
                os.fchmod(descriptor, 0o755 if file.executable else 0o644)
                os.utime(descriptor, ns=(file.mtime, file.mtime))
        finally:
            os.close(descriptor)
        self.files[file.name] = (file.size, digest.hexdigest())

    def finish(self, archive: Path) -> None:
        """Refuse the archive if anything in it was bad; else make the links, and set the modes and times of directories."""
        self.entries.judge_links()
        if self.entries.problems:
            raise UnsafeArchive(
                f"{archive}: {len(self.entries.problems)} entries must not be unpacked. Do not use this archive; build it again and find out who made it.",
                self.entries.problems,
            )
        try:
            # Links come last, so that no entry could ever have been written through one.
            for name, target in self.entries.links.items():
                parent = name.rpartition("/")[0]
                self._make(parent)
                os.symlink(target, self._path(name))
                if os.utime in os.supports_follow_symlinks:
                    os.utime(self._path(name), ns=(self._times[name],) * 2, follow_symlinks=False)
            for name in sorted(self._made - {""}, reverse=True):
                path = self._path(name)
                if not WINDOWS:
                    os.chmod(path, 0o755)
                if name in self._times:
                    os.utime(path, ns=(self._times[name],) * 2)
        except OSError as error:
            raise explain(error, self._root) from error

    def _make(self, name: str) -> None:
        if name in self._made:
            return
        self._make(name.rpartition("/")[0])
        path = self._path(name)
        try:
            os.mkdir(path, 0o777 if WINDOWS else 0o700)
        except OSError as error:
            raise explain(error, path) from error
        self._made.add(name)

    def _path(self, name: str) -> str:
        return self._root + os.sep + (name.replace("/", "\\") if WINDOWS else name)


def _write(descriptor: int, piece: bytes | memoryview, path: str) -> None:
    try:
        written = os.write(descriptor, piece)
        while written < len(piece):
            written += os.write(descriptor, memoryview(piece)[written:])
    except OSError as error:
        raise explain(error, path) from error
