# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack the archives of bundles beside their places while they are still being fetched, or take what the host's shell unpacked of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ..fetching.arrival import Abandoned, Arrival
from ..fs.removal import try_to_remove
from ..model.artifact import Artifact
from ..system_limits import started
from ..unpack.archive import unpack
from ..unpack.unpack_budget import MIB
from . import bootstrapped_tree

# For directories, and for what files take in whole blocks.
_ROOM_MIB = 64

Written = Mapping[str, "tuple[int, str]"]
"""Size and SHA-256 of each file that was unpacked."""


@dataclass
class _Begun:
    artifact: Artifact
    archive: Path
    tree: Path
    source: Arrival | Path
    """What comes of the archive, or the tree that was unpacked from it."""
    written: Written | None = None

    @property
    def whole(self) -> bool:
        """Whether the archive came wholly, as far as that matters here."""
        return isinstance(self.source, Path) or self.source.whole

    def close(self) -> None:
        """Expect nothing more of the archive."""
        if not isinstance(self.source, Path):
            self.source.close()


@dataclass
class UnpackingAhead:
    """Bundles that are unpacked while their archives come, one after the other.

    What comes of it counts only where the fetch ended well, with the digest that was asked for. Whatever went wrong, in the archive or on its
    way, the tree is removed and the archive is unpacked once more when it is there: that also is where the errors are reported.
    """

    unpack_limit: int = 0
    jobs: int = 0
    _begun: dict[str, _Begun] = field(default_factory=dict)

    def add(self, artifact: Artifact, archive: Path, tree: Path, *, unpacked: Path | None = None) -> bool:
        """Have an archive unpacked into an empty directory while it comes, or what is ``unpacked`` of it linked there; False where neither is possible."""
        if unpacked is not None:
            self._begun[artifact.sha256] = _Begun(artifact, archive, tree, unpacked)
            return True
        # The directory of a zip is at its end.
        if not artifact.size or not Arrival.possible() or artifact.filename.lower().endswith(".zip"):
            return False
        self._begun[artifact.sha256] = _Begun(artifact, archive, tree, Arrival(artifact.size))
        return True

    @property
    def arrivals(self) -> dict[str, Arrival]:
        """What the fetch reports to, by digest."""
        return {sha256: each.source for sha256, each in self._begun.items() if not isinstance(each.source, Path)}

    @property
    def unpacked(self) -> set[str]:
        """The digests of the archives that are unpacked."""
        return {sha256 for sha256, each in self._begun.items() if each.written is not None}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Unpack while the block fetches; afterwards, wait for what still is to be unpacked of archives that came, and stop with all others."""
        begun = list(self._begun.values())
        thread = threading.Thread(target=self._work, args=(begun,), name="unpack", daemon=True)
        working = bool(begun) and started(thread)
        fetched = False
        try:
            yield
            fetched = True
        finally:
            for each in begun:
                if not (fetched and each.whole):
                    each.close()
            if working:
                thread.join()
            for each in begun:
                if not (fetched and each.whole):
                    each.written = None
                each.close()
                if each.written is None:
                    try_to_remove(each.tree)

    def take(self, sha256: str) -> Written | None:
        """Return what an archive was unpacked to, or None where it has to be unpacked yet."""
        begun = self._begun.pop(sha256, None)
        return begun.written if begun is not None else None

    def discard(self) -> None:
        """Remove the trees that nobody took."""
        for each in self._begun.values():
            try_to_remove(each.tree)

    def _work(self, todo: Sequence[_Begun]) -> None:
        for each in todo:
            try:
                if isinstance(each.source, Path):
                    each.written = bootstrapped_tree.linked(each.source, each.tree, jobs=self.jobs)
                    continue
                each.written = unpack(
                    each.archive,
                    each.tree,
                    unpack_limit=self._limit(each.artifact),
                    members=each.artifact.members,
                    jobs=self.jobs,
                    arrival=each.source,
                )
            except (Abandoned, Exception):
                # Reported where the verified archive is unpacked: here it may be of bytes that nobody asked for.
                continue

    def _limit(self, artifact: Artifact) -> int:
        """Return how many MiB may be written of an archive that nobody has verified yet: not much more than the repository says that it holds."""
        if artifact.unpacked is None:
            return self.unpack_limit
        expected = _ROOM_MIB + 2 * artifact.unpacked // MIB
        return min(self.unpack_limit, expected) if self.unpack_limit else expected
