# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the links that make a generation the one in force lead where they should; changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ..findings.difference import Difference
from ..findings.finding import INTERRUPTED, TAMPERED, Cause, Finding, Kind
from ..fs import links
from ..generations import profile
from ..model.layout import Layout
from ..model.receipts import Generation
from ..paths import WINDOWS
from ..planning.observation import Observation

_STALE = "a fallback directory that shows something else"


def check_profile(layout: Layout, observation: Observation, current: Generation) -> None:
    """Add a finding for each link of the generation in force that is not as it was made, and for each entry that nobody made."""
    found = _profile_differences(layout, observation, current)
    stable = [
        each
        for link, target in profile.stable_links_of(layout, current, observation.records.bundles).items()
        for each in _link_difference(link, link.name, target)
    ]
    if links.read(layout.current) is None:
        # Fallback directories show what the switch leads to: that it is lost is one finding, not one more for each of them.
        stable = [each for each in stable if each.actual != _STALE]
    engine = profile.newest_engine(current, observation.records.bundles)
    engine_differences = (
        _link_difference(layout.engine, "state/engine", profile.engine_target(layout, engine)) if engine is not None else []
    )
    # What is pointed after the switch: a run that was cut off between the two leaves that of the generation before, or nothing.
    late = [*engine_differences, *(stable if WINDOWS else ())]
    late_cause: Cause = INTERRUPTED if layout.transaction_marker.exists() else TAMPERED
    for difference in [*found, *stable, *engine_differences]:
        observation.profile_broken = True
        observation.findings.append(
            Finding(
                subject="generation",
                kind=difference.kind,
                severity="high",
                cause=late_cause if difference in late else TAMPERED,
                expected=difference.expected,
                actual=difference.actual,
                path=difference.path,
                remedy="Converge to restore the links.",
            )
        )


def _profile_differences(layout: Layout, observation: Observation, current: Generation) -> list[Difference]:
    records = observation.records
    base, shown = layout.generations / str(current.number), f"generations/{current.number}"
    targets = profile.links_of(layout, current, records.bundles)
    # What a bundle adds to the profile is only known from its receipt; a lost one is reported as such.
    complete = all(tree_id in records.bundles for tree_id in current.bundles.values())
    found: list[Difference] = []
    unusable: set[str] = set()
    for directory, names in sorted(profile.link_directories(targets).items()):
        place, path = (base / directory, f"{shown}/{directory}") if directory else (base, shown)
        if "" in unusable:
            unusable.add(directory)
        elif directory not in targets and (links.is_link(place) or not place.is_dir()):
            kind: Kind = "missing" if not os.path.lexists(place) else "link" if links.is_link(place) else "modified"
            found.append(Difference(path=path, kind=kind, expected="directory", actual=None))
            unusable.add(directory)
        elif directory not in targets and (complete or directory == "envs"):
            strays = sorted(set(os.listdir(place)) - names)
            found += [
                Difference(path=f"{path}/{name}", kind="unexpected", expected=None, actual="an entry that no release brought")
                for name in strays
            ]
    for path, target in targets.items():
        if path.rpartition("/")[0] not in unusable:
            found += _link_difference(base / path, f"{shown}/{path}", target)
    return found


def _link_difference(link: Path, shown: str, target: str) -> list[Difference]:
    actual = links.read(link)
    if links.points_to(link, target):
        return [Difference(path=shown, kind="link", expected=f"link to {target}", actual=_STALE)] if links.is_stale(link) else []
    kind: Kind = "link" if os.path.lexists(link) else "missing"
    return [Difference(path=shown, kind=kind, expected=f"link to {target}", actual=f"link to {actual}" if actual else None)]
