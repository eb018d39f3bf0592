# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bring the artifacts of a plan into the root: where what is prebuilt cannot be had, the wheel itself."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ..errors import FetchFailed
from ..fetching.arrival import Arrival
from ..fetching.fetch import fetch_all
from ..fetching.stored_file import verified
from ..fs.own_files import is_our_directory
from ..fs.removal import remove_tree
from ..model.artifact import Artifact
from ..model.layout import Layout
from ..model.request import Request
from ..text.counting import counted
from .needed import Needed, PrebuiltSource
from .progress import Progress


@dataclass(frozen=True)
class ArtifactFetching:
    """Where artifacts go, and how they are fetched."""

    layout: Layout
    request: Request
    progress: Progress
    warnings: list[str]

    def remove_unusable(self, artifacts: Iterable[Artifact]) -> None:
        """Remove those stored artifacts that are not, or might not stay, what their digest says."""
        for artifact in artifacts:
            stored = self._place(artifact)
            if os.path.lexists(stored.parent) and not is_our_directory(stored.parent):
                # Whoever may write the directory could swap the artifact after it was verified.
                remove_tree(stored.parent)
            elif os.path.lexists(stored) and not verified(stored, artifact.sha256):
                # The store's own copy was damaged: what is unpacked comes from a verified artifact or not at all.
                remove_tree(stored)

    def fetch(self, artifacts: Iterable[Artifact]) -> None:
        """Have every artifact in the root, verified; raises FetchFailed with all that no source had."""
        wanted = list(artifacts)
        self.remove_unusable(wanted)
        self._fetch_missing(wanted, {})

    def _fetch_missing(self, artifacts: Iterable[Artifact], arrivals: Mapping[str, Arrival]) -> None:
        missing = [artifact for artifact in artifacts if not self._place(artifact).exists()]
        if missing:
            self.progress(f"fetch {counted(len(missing), 'artifact')}")
        options = self.request.options
        fetch_all(
            missing,
            self._place,
            timeout=options.timeout,
            retries=options.retries,
            credentials=self.request.credentials,
            ca_path=options.ca_path,
            download_timeout=options.download_timeout,
            minimum_rate=options.minimum_rate,
            maximum_size=options.maximum_size,
            arrivals=arrivals,
        )

    def fetch_needed(self, needed: Needed, *, arrivals: Mapping[str, Arrival] = MappingProxyType({})) -> dict[str, PrebuiltSource]:
        """Fetch what a plan works from, and return what is prebuilt of it and came, by the trees that it unpacks to.

        For each that did not come the wheel itself is here, and a warning says so. What is stored has been looked at by ``remove_unusable``;
        ``arrivals`` are those that somebody follows while they come.
        """
        try:
            self._fetch_missing(needed.first().values(), arrivals)
            return needed.prebuilt
        except FetchFailed as error:
            if not error.needs:
                raise
            failed = error
        reasons = _reasons(failed)
        away = {tree_id: each for tree_id, each in needed.prebuilt.items() if each.archive.sha256 in reasons}
        wheels = {each.wheel: needed.wheels[each.wheel] for each in away.values()}
        lacking: dict[str, str] = {}
        try:
            # Those that failed as such are not asked for again.
            self.fetch(artifact for sha256, artifact in wheels.items() if sha256 not in reasons)
        except FetchFailed as error:
            if not error.needs:
                raise
            lacking = _reasons(error)
        archives = {each.archive.sha256 for each in away.values()}
        for sha256 in reasons.keys() - archives:
            lacking[sha256] = reasons[sha256]
        if lacking:
            raise _neither(failed, lacking, away, total=len(needed.first()))
        for each in away.values():
            filename = needed.wheels[each.wheel].filename
            self.warnings.append(
                f"{filename} is compiled on this host, since what is prebuilt of it could not be fetched: {reasons[each.archive.sha256]}"
            )
        return {tree_id: each for tree_id, each in needed.prebuilt.items() if tree_id not in away}

    def _place(self, artifact: Artifact) -> Path:
        return self.layout.artifact(artifact.sha256, artifact.filename)


def _reasons(error: FetchFailed) -> dict[str, str]:
    return {need["sha256"]: problem for need, problem in zip(error.needs, error.problems)}


def _neither(failed: FetchFailed, lacking: dict[str, str], away: dict[str, PrebuiltSource], *, total: int) -> FetchFailed:
    """Return the error for artifacts that are to be had in no form; of the two forms of a wheel, what is prebuilt is what is asked for."""
    first = {need["sha256"]: need for need in failed.needs}
    problems, needs = [], []
    instead = {each.wheel: each.archive for each in away.values()}
    archive_reasons = _reasons(failed)
    for sha256, reason in lacking.items():
        archive = instead.get(sha256)
        problems.append(reason if archive is None else f"{reason}; prebuilt, {archive_reasons[archive.sha256]}")
        needs.append(first[sha256] if archive is None else first[archive.sha256])
    return FetchFailed(
        f"{len(problems)} of {total} artifacts could not be fetched from any source. "
        "Correct the sources, or name one that this host can reach, and run again; what was fetched is kept.",
        problems,
        needs=needs,
    )
