# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where wheels come from in a run of a task: the host's own store, and what the task offers; nothing else is asked."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from ..fetching.fetch import fetch_all
from ..fetching.sources import is_remote
from ..model.artifact import Artifact
from ..text.counting import counted
from .offers import LacksWheels, Offers
from .pinned import PinnedWheel
from .supply import Chosen, Supply, best_wheel


@dataclass
class OfferedSupply(Supply):
    """Finds and fetches artifacts that a task offers."""

    offers: Offers = field(default_factory=Offers)

    def choose(self, pinned: Sequence[PinnedWheel]) -> list[Chosen]:
        """Settle which wheels these are; raises LacksWheels with all of which only digests are known that are no file's here."""
        found = {pin.name: self._chosen(pin) for pin in pinned}
        lacks = [pin for pin in pinned if found[pin.name] is None]
        if lacks:
            raise LacksWheels(lacks)
        return [chosen for chosen in found.values() if chosen is not None]

    def _chosen(self, pin: PinnedWheel) -> Chosen | None:
        if pin.filename is not None:
            sources = tuple(filter(self._may_use, pin.sources))
            return Chosen(pin.name, pin.digests[0], pin.filename, sources, pin.size)
        known = [(name, digest, "") for digest in pin.digests for name in self.stored_wheels(digest)]
        offered = [self.offers.artifacts[digest] for digest in pin.digests if digest in self.offers.artifacts]
        best = best_wheel(pin, [*known, *((each.filename, each.sha256, "") for each in offered)])
        return None if best is None else Chosen(pin.name, best[1], best[0])

    def prebuilt_of(self, tree_ids: Collection[str]) -> dict[str, Artifact]:
        """Return the archives of prebuilt wheels: those of the host, then those that are offered."""
        found = super().prebuilt_of(tree_ids)
        offered = {each: self.offers.artifacts.get(self.offers.prebuilt[each]) for each in tree_ids if each in self.offers.prebuilt}
        # One that would have to be copied here is no better than the wheel.
        return {**{each: artifact for each, artifact in offered.items() if artifact is not None and artifact.sources}, **found}

    def artifact_of(self, chosen: Chosen) -> Artifact:
        """Return a wheel with every place that can have it."""
        return self._with_offers(super().artifact_of(chosen))

    def fetch(self, artifacts: Sequence[Artifact], place: Callable[[Artifact], Path]) -> None:
        """Have artifacts at their places, verified; raises LacksWheels for what nobody offered, FetchFailed for what did not come."""
        offered = [self._with_offers(each) for each in artifacts]
        lacking = [each for each in offered if not each.sources and each.sha256 not in self.offers.artifacts]
        if lacking:
            raise LacksWheels([_pin_of(each) for each in lacking])
        self._fetch(offered, place)

    def fetch_what_comes(self, artifacts: Sequence[Artifact], place: Callable[[Artifact], Path]) -> list[Artifact]:
        """Fetch, and return the artifacts that no source had."""
        missing = {each.sha256 for each in super().fetch_what_comes([self._with_offers(each) for each in artifacts], place)}
        return [each for each in artifacts if each.sha256 in missing]

    def _fetch(self, artifacts: Sequence[Artifact], place: Callable[[Artifact], Path]) -> None:
        if any(is_remote(source) for each in artifacts for source in each.sources):
            self.progress(f"fetch {counted(len(artifacts), 'artifact')}")
        fetch_all(artifacts, place, credentials=self.offers.credentials, **self.offers.limits)

    def _may_use(self, source: str) -> bool:
        """Return whether an address in a lock counts: credentials are for what the task offers, and are not sent in the clear."""
        if not is_remote(source):
            return os.path.isfile(source)
        if not self.offers.uses_lock:
            return False
        try:
            parts = urlsplit(source)
        except ValueError:
            return False
        return parts.scheme.lower() != "http" or parts.hostname not in self.offers.credentials

    def _with_offers(self, artifact: Artifact) -> Artifact:
        offer = self.offers.artifacts.get(artifact.sha256)
        if offer is None:
            return artifact
        sources = dict.fromkeys((*(each for each in artifact.sources if not is_remote(each)), *offer.sources, *artifact.sources))
        return replace(artifact, sources=tuple(sources), size=offer.size if artifact.size is None else artifact.size)


def _pin_of(artifact: Artifact) -> PinnedWheel:
    name, _hyphen, rest = artifact.filename.partition("-")
    return PinnedWheel(name, rest.partition("-")[0], (artifact.sha256,), artifact.filename, artifact.size)
