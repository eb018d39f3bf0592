# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the wheels of an environment come from: the host's own store, the addresses in the lock, repositories, and indexes, in this order."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from ..errors import FetchFailed, HermeticError
from ..fetching.fetch import fetch_all
from ..fetching.sources import Access, SourceFailed
from ..install.progress import Progress
from ..model.artifact import Artifact
from ..model.layout import Layout
from ..model.prebuilt import archive_filename
from ..model.wheel_name import distribution
from ..text.counting import counted
from ..text.redaction import shown
from .package_sources import PackageSources
from .pinned import PinnedWheel
from .simple_index import SimpleIndex
from .this_python import tags

_TIMEOUT = 30.0
_RETRIES = 3


@dataclass(frozen=True)
class Chosen:
    """One wheel that will be in the environment."""

    name: str
    sha256: str
    filename: str
    sources: tuple[str, ...] = ()
    size: int | None = None


@dataclass
class Supply:
    """Finds and fetches artifacts of one run."""

    host: Layout | None
    sources: Callable[[], PackageSources]
    """Read where something has to be fetched, and not before."""
    progress: Progress = lambda _text: None
    _known: PackageSources | None = field(default=None, repr=False)

    def choose(self, pinned: Sequence[PinnedWheel]) -> list[Chosen]:
        """Settle which wheels these are; raises HermeticError with all that cannot be found."""
        found, problems = [], []
        for pin in pinned:
            try:
                found.append(self._choose(pin))
            except HermeticError as error:
                problems.append(str(error))
        if problems:
            raise HermeticError(f"{len(problems)} of {len(pinned)} packages have no wheel for this Python here.", problems)
        return found

    def _choose(self, pin: PinnedWheel) -> Chosen:
        if pin.filename is not None:
            return Chosen(pin.name, pin.digests[0], pin.filename, pin.sources, pin.size)
        stored = [(name, digest, "") for digest in pin.digests for name in self.stored_wheels(digest)]
        best = best_wheel(pin, stored)
        if best is None:
            offered, reasons = self._offered(pin)
            best = best_wheel(pin, offered)
            if best is None:
                why = "; ".join(reasons) or "no wheel with one of the locked digests fits this Python"
                raise HermeticError(f"{pin.name} {pin.version}: {why}")
        name, digest, address = best
        return Chosen(pin.name, digest, name, (address,) if address else ())

    def _offered(self, pin: PinnedWheel) -> tuple[list[tuple[str, str, str]], list[str]]:
        sources = self._configured()
        if not sources.indexes:
            return [], [_NO_INDEX]
        found, reasons = [], []
        for index in sources.indexes:
            self.progress(f"look {pin.name} up")
            try:
                offers = SimpleIndex(index, _access(sources)).files_of(distribution(pin.name))
            except SourceFailed as error:
                reasons.append(f"{shown(index)}: {error.reason}")
                continue
            found += [(each.filename, each.sha256, each.address) for each in offers if each.sha256 in pin.digests]
        return found, reasons

    def prebuilt_of(self, tree_ids: Collection[str]) -> dict[str, Artifact]:
        """Return the archives of prebuilt wheels that the host's store has, by the trees that they unpack to."""
        if self.host is None or not tree_ids or not os.access(self.host.wheels, os.R_OK):
            return {}
        from ..records.stored_artifacts import find_prebuilt

        found = find_prebuilt(self.host)
        return {
            tree_id: replace(found[tree_id], sources=(os.fspath(self.host.artifact(found[tree_id].sha256, archive_filename(tree_id))),))
            for tree_id in tree_ids
            if tree_id in found
        }

    def artifact_of(self, chosen: Chosen) -> Artifact:
        """Return a wheel with every place that can have it; indexes are asked only when those have failed."""
        sources = [
            os.fspath(self.host.artifact(chosen.sha256, name)) for name in self.stored_wheels(chosen.sha256) if self.host is not None
        ]
        sources += [source for source in chosen.sources if not _is_special_file(source)]
        return Artifact(chosen.sha256, chosen.filename, chosen.size, tuple(sources))

    def fetch(self, artifacts: Sequence[Artifact], place: Callable[[Artifact], Path]) -> None:
        """Have artifacts at their places, verified; raises FetchFailed with all that no source had.

        Repositories are asked for what the host and the addresses of the lock do not have, and indexes for what is still missing.
        """
        left = self.fetch_what_comes([each for each in artifacts if each.sources], place)
        left += [each for each in artifacts if not each.sources]
        if left:
            further = [self._with_repositories(each) for each in left]
            left = self.fetch_what_comes([each for each in further if each.sources], place) if self._configured().repositories else further
        if not left:
            return
        notes: dict[str, None] = {}
        looked_up = [self._looked_up(each, notes) if each.filename.endswith(".whl") else each for each in left]
        try:
            self._fetch(looked_up, place)
        except FetchFailed as error:
            raise FetchFailed(error.message, [*error.problems, *notes], needs=error.needs) from error

    def fetch_what_comes(self, artifacts: Sequence[Artifact], place: Callable[[Artifact], Path]) -> list[Artifact]:
        """Fetch, and return the artifacts that no source had."""
        try:
            self._fetch(artifacts, place)
        except FetchFailed as error:
            if not error.needs:
                raise
            missing = {need["sha256"] for need in error.needs}
            return [each for each in artifacts if each.sha256 in missing]
        return []

    def _fetch(self, artifacts: Sequence[Artifact], place: Callable[[Artifact], Path]) -> None:
        remote = any("://" in source for each in artifacts for source in each.sources)
        sources = self._configured() if remote else PackageSources()
        if remote:
            artifacts = [replace(each, sources=tuple(filter(sources.may_ask, each.sources))) for each in artifacts]
            self.progress(f"fetch {counted(len(artifacts), 'artifact')}")
        fetch_all(artifacts, place, timeout=_TIMEOUT, retries=_RETRIES, credentials=sources.credentials, ca_path=sources.ca_path)

    def _with_repositories(self, artifact: Artifact) -> Artifact:
        own = [f"{address.rstrip('/')}/wheels/{artifact.sha256}/{artifact.filename}" for address in self._configured().repositories]
        return replace(artifact, sources=(*artifact.sources, *own))

    def _looked_up(self, artifact: Artifact, notes: dict[str, None]) -> Artifact:
        """Return a wheel with the addresses that indexes have for it; what they do not answer becomes a note."""
        pin = PinnedWheel(distribution(artifact.filename.partition("-")[0]), "", (artifact.sha256,), artifact.filename)
        found, reasons = self._offered(pin)
        notes.update(dict.fromkeys(reasons))
        return replace(
            artifact, sources=(*artifact.sources, *(address for filename, _digest, address in found if filename == artifact.filename))
        )

    def _configured(self) -> PackageSources:
        if self._known is None:
            self._known = self.sources()
        return self._known

    def stored_wheels(self, sha256: str) -> list[str]:
        """Return the names of the wheels with this digest that the host has stored and this user may read."""
        if self.host is None:
            return []
        try:
            names = os.listdir(self.host.wheels / sha256)
        except OSError:
            return []
        return sorted(name for name in names if name.endswith(".whl") and os.access(self.host.artifact(sha256, name), os.R_OK))


_NO_INDEX = "no index is configured that could have it: set HERMETIC_VPYTHON_INDEX, or configure pip"


def _access(sources: PackageSources) -> Access:
    return Access(timeout=_TIMEOUT, credentials=sources.credentials, ca_path=sources.ca_path)


def _is_special_file(source: str) -> bool:
    """Return whether a source is something on this host that reading could wait for, or never end with."""
    path = source
    if "://" in source:
        parts = urlsplit(source)
        if parts.scheme.lower() != "file":
            return False
        path = url2pathname(parts.path)
    return os.path.exists(path) and not os.path.isfile(path)


def best_wheel(pin: PinnedWheel, offers: Sequence[tuple[str, str, str]]) -> tuple[str, str, str] | None:
    """Return the wheel that this Python prefers, by name, digest and address."""
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename
    from packaging.version import InvalidVersion, Version

    ranks = {tag: rank for rank, tag in enumerate(tags())}
    ranked = []
    for filename, digest, address in offers:
        try:
            name, version, build, wheel_tags = parse_wheel_filename(filename)
            if name != distribution(pin.name) or version != Version(pin.version):
                continue
        except (InvalidWheelFilename, InvalidVersion):
            continue
        fitting = [ranks[tag] for tag in wheel_tags if tag in ranks]
        if fitting:
            ranked.append((min(fitting), [-1 * number if isinstance(number, int) else 0 for number in build], filename, digest, address))
    if not ranked:
        return None
    best = min(ranked, key=lambda each: (each[0], each[1], each[2], each[4]))
    return best[2], best[3], best[4]
