# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which artifacts a plan works from: bundles, wheels, and the archives of prebuilt wheels that take the place of their wheels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ..model.artifact import Artifact
from ..model.layout import Layout, laid_id
from ..model.prebuilt import archive_filename
from ..model.receipts import LaidReceipt
from ..model.request import Request
from ..planning.observation import Observation
from ..planning.plan import Plan
from ..records.stored_artifacts import find_artifact, find_prebuilt


@dataclass(frozen=True)
class PrebuiltSource:
    """The archive of a prebuilt wheel, and the wheel that it stands for."""

    archive: Artifact
    wheel: str
    as_recorded: LaidReceipt | None = None
    """What the tree has to be where nothing but the root itself names the archive; None where the request does."""


@dataclass(frozen=True)
class Needed:
    """The artifacts of a plan, wherever they are to come from."""

    bundles: dict[str, Artifact] = field(default_factory=dict)
    wheels: dict[str, Artifact] = field(default_factory=dict)
    """Every wheel that is unpacked, by its digest."""
    prebuilt: dict[str, PrebuiltSource] = field(default_factory=dict)
    """Where there is one, by the tree that it unpacks to."""
    compiled: frozenset[str] = frozenset()
    """The wheels of which at least one tree has nothing prebuilt."""

    def first(self) -> dict[str, Artifact]:
        """Return what is fetched to begin with: a wheel only where no archive stands for it."""
        return {
            **self.bundles,
            **{sha256: artifact for sha256, artifact in self.wheels.items() if sha256 in self.compiled},
            **{each.archive.sha256: each.archive for each in self.prebuilt.values()},
        }


def needed_artifacts(plan: Plan, observation: Observation, request: Request, layout: Layout) -> Needed:
    """Return the artifacts that a plan works from."""
    bundles = {bundle.sha256: find_artifact(bundle.sha256, request.artifacts, layout) for bundle in plan.install}
    trees = dict(_missing_trees(plan, observation))
    wheels = {wheel: find_artifact(wheel, request.artifacts, layout) for wheel in dict.fromkeys(trees.values())}
    prebuilt = _prebuilt(trees, wheels, observation, request, layout)
    compiled = frozenset(wheel for tree_id, wheel in trees.items() if tree_id not in prebuilt)
    return Needed(bundles, wheels, prebuilt, compiled)


def _missing_trees(plan: Plan, observation: Observation) -> Iterator[tuple[str, str]]:
    """Give the unpacked wheels that are to be made, each with its wheel."""
    for each in plan.environments:
        byte_code = plan.byte_code(each.bundle_id, observation.records)
        for wheel in each.declared.wheels:
            # Without knowing it, none can be taken for unpacked: whatever the bundle proves to need is at hand then.
            name = laid_id(wheel, byte_code=byte_code) if byte_code is not None else ""
            if name not in observation.records.laid or name in plan.reinstall:
                yield name or f"{wheel} for {each.bundle_id}", wheel


def _prebuilt(
    trees: dict[str, str], wheels: dict[str, Artifact], observation: Observation, request: Request, layout: Layout
) -> dict[str, PrebuiltSource]:
    found = {}
    unnamed = []
    for tree_id, wheel in trees.items():
        sha256 = request.prebuilt.get(tree_id)
        if sha256 is not None and sha256 in request.artifacts:
            # By this name the root knows what it is, whatever it is called where it comes from.
            found[tree_id] = PrebuiltSource(replace(request.artifacts[sha256], filename=archive_filename(tree_id)), wheel)
        elif tree_id in observation.records.laid and not wheels[wheel].sources and not _is_stored(wheels[wheel], layout):
            unnamed.append(tree_id)
    if unnamed:
        stored = find_prebuilt(layout)
        found.update(
            {
                tree_id: PrebuiltSource(stored[tree_id], trees[tree_id], observation.records.laid[tree_id])
                for tree_id in unnamed
                if tree_id in stored
            }
        )
    return found


def _is_stored(artifact: Artifact, layout: Layout) -> bool:
    return layout.artifact(artifact.sha256, artifact.filename).exists()
