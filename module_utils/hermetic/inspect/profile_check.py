# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the links that make a generation the one in force lead where they should; changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

from ..findings.difference import Difference
from ..findings.finding import INTERRUPTED, TAMPERED, Finding
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
    late_cause = INTERRUPTED if layout.transaction_marker.exists() else TAMPERED
    for difference in [*found, *stable, *engine_differences]:
        observation.profile_broken = True
        observation.findings.append(
            Finding(
                "generation",
                difference.kind,
                "high",
                late_cause if difference in late else TAMPERED,
                difference.expected,
                difference.actual,
                difference.path,
                "Converge to make the links again.",
            )
        )


def _profile_differences(layout: Layout, observation: Observation, current: Generation) -> list[Difference]:
    records = observation.records
    base, shown = layout.generations / str(current.number), f"generations/{current.number}"
    wanted = profile.links_of(layout, current, records.bundles)
    # What a bundle adds to the profile is only known from its receipt; a lost one is reported as such.
    complete = all(tree_id in records.bundles for tree_id in current.bundles.values())
    found: list[Difference] = []
    unusable: set[str] = set()
    for directory, names in sorted(profile.link_directories(wanted).items()):
        place, path = (base / directory, f"{shown}/{directory}") if directory else (base, shown)
        if "" in unusable:
            unusable.add(directory)
        elif directory not in wanted and (links.is_link(place) or not place.is_dir()):
            kind = "missing" if not os.path.lexists(place) else "link" if links.is_link(place) else "modified"
            found.append(Difference(path, kind, "directory", None))
            unusable.add(directory)
        elif directory not in wanted and (complete or directory == "envs"):
            strays = sorted(set(os.listdir(place)) - names)
            found += [Difference(f"{path}/{name}", "unexpected", None, "an entry that no release brought") for name in strays]
    for path, target in wanted.items():
        if path.rpartition("/")[0] not in unusable:
            found += _link_difference(base / path, f"{shown}/{path}", target)
    return found


def _link_difference(link: Path, shown: str, target: str) -> list[Difference]:
    actual = links.read(link)
    if links.points_to(link, target):
        return [Difference(shown, "link", f"link to {target}", _STALE)] if links.is_stale(link) else []
    kind = "link" if os.path.lexists(link) else "missing"
    return [Difference(shown, kind, f"link to {target}", f"link to {actual}" if actual else None)]
