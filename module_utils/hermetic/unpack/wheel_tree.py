# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory that one wheel is unpacked into: every file is hashed and recorded while it is written, with its mode and time."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..errors import BrokenArtifact
from ..fs.tree_files import open_file, write_file
from ..model.manifest import FileRecord
from ..paths import inside
from ..text.letter_case import spelled_otherwise

TOO_LONG = (errno.ENAMETOOLONG,)


class WheelTree:
    """An empty directory that exists, and what has been written into it."""

    def __init__(self, into: Path) -> None:
        # Strings: joining paths as objects was measured at a tenth of the time of unpacking.
        self._at = inside(into)
        self._made: set[str] = set()
        self.files: dict[str, FileRecord] = {}

    def write(self, path: str, data: bytes | memoryview, *, mode: int) -> None:
        """Write a whole file and record it."""
        with self._explained(path):
            self._directory(path.rpartition("/")[0])
            write_file(self._at(path), data, mode=mode)
        self.files[path] = FileRecord(mode, len(data), hashlib.sha256(data).hexdigest())

    def stream(self, path: str, blocks: Iterable[bytes | memoryview], *, mode: int) -> None:
        """Write a file block by block and record it."""
        digest, size = hashlib.sha256(), 0
        with self._explained(path):
            self._directory(path.rpartition("/")[0])
            with open_file(self._at(path), mode=mode) as descriptor:
                for block in blocks:
                    digest.update(block)
                    size += len(block)
                    view = memoryview(block)
                    while view:
                        view = view[os.write(descriptor, view) :]
        self.files[path] = FileRecord(mode, size, digest.hexdigest())

    def _directory(self, path: str) -> None:
        if path in self._made:
            return
        parent = path.rpartition("/")[0]
        if parent:
            self._directory(parent)
        directory = self._at(path)
        os.mkdir(directory)
        if os.name == "posix":
            os.chmod(directory, 0o755)
        self._made.add(path)

    @contextlib.contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        try:
            yield
        except FileExistsError as error:
            twin = spelled_otherwise(path, self.files)
            if twin is None:
                raise
            raise BrokenArtifact(
                f"The wheel holds the entries {twin!r} and {path!r}, and the file system of this host is case-insensitive; "
                "it was not installed. Use another wheel, or a root on another file system."
            ) from error
        except OSError as error:
            if error.errno not in TOO_LONG:
                raise
            raise BrokenArtifact(
                f"the entry {path!r} has a longer name than the file system of this host takes. Use another wheel, or a root on another file system."
            ) from error
