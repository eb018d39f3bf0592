# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack and compile wheels beside their final places, in worker processes of the Python that the byte code is for."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..fs.atomic import make_directory
from ..fs.removal import free
from ..inspect.tree import tree_owner
from ..model.artifact import Artifact
from ..model.declaration import PlannedEnvironment
from ..model.layout import Layout, laid_id
from ..model.manifest import file_records
from ..model.receipts import BundleReceipt, LaidReceipt, Records
from ..model.wheel_name import distribution
from ..paths import BUILDING
from ..process.pool import Workers
from ..process.subprocess_environment import core_count
from ..text.counting import counted
from .progress import Progress
from .target_compile import compile_elsewhere

Finished = dict[Path, Collection[str]]
"""The trees under construction, with the files that were written into each."""


@dataclass(frozen=True)
class MissingWheel:
    """A wheel to unpack; ``id`` names its tree, and the bundle's Python compiles it."""

    id: str
    sha256: str
    bundle_id: str
    byte_code: str


def missing_wheels(environments: Iterable[PlannedEnvironment], records: Records, *, again: Collection[str]) -> list[MissingWheel]:
    """Return the wheels of environments that are not unpacked for their byte code yet, or are to be unpacked again, each once."""
    missing: dict[str, MissingWheel] = {}
    for each in environments:
        byte_code = records.byte_codes[each.bundle_id]
        for wheel in each.declared.wheels:
            tree_id = laid_id(wheel, byte_code=byte_code)
            if tree_id not in records.laid or tree_id in again:
                missing.setdefault(tree_id, MissingWheel(tree_id, wheel, each.bundle_id, byte_code))
    return list(missing.values())


@dataclass(frozen=True)
class WheelUnpacking:
    """How wheels of one root are unpacked; each tree is entered into ``finished`` before anything is written."""

    layout: Layout
    artifacts: Mapping[str, Artifact]
    finished: Finished
    warnings: list[str]
    jobs: int
    unpack_limit: int
    progress: Progress

    def unpack(self, missing: Sequence[MissingWheel], bundles: Mapping[str, BundleReceipt]) -> dict[str, tuple[LaidReceipt, Path]]:
        """Unpack wheels by the bundles that need them first, and return their receipts, still without time stamps, with the trees."""
        unpacked: dict[str, tuple[LaidReceipt, Path]] = {}
        for bundle_id in sorted({wheel.bundle_id for wheel in missing}):
            wheels = [wheel for wheel in missing if wheel.bundle_id == bundle_id]
            # The largest first, so that no core waits for it at the end.
            wheels.sort(key=lambda wheel: -os.path.getsize(self._stored(wheel)))
            self.progress(f"unpack and compile {counted(len(wheels), 'wheel')} for {bundle_id}")
            unpacked.update(self._unpack_for(bundles[bundle_id], wheels))
        return unpacked

    def _stored(self, wheel: MissingWheel) -> Path:
        artifact = self.artifacts[wheel.sha256]
        return self.layout.artifact(artifact.sha256, artifact.filename)

    def _unpack_for(self, bundle: BundleReceipt, wheels: Sequence[MissingWheel]) -> dict[str, tuple[LaidReceipt, Path]]:
        runs_engine = bool(bundle.info.get("engine"))
        executable = self.layout.tree("bundles", bundle.id) / bundle.python["executable"]
        trees = [self.layout.tree("laid", f"{BUILDING}{wheel.id}") for wheel in wheels]
        jobs = []
        for wheel, building in zip(wheels, trees):
            self.warnings.extend(free(building))
            self.finished[building] = ()
            make_directory(building)
            job: dict[str, Any] = {
                "task": "unpack_wheel",
                "wheel": str(self._stored(wheel)),
                "into": str(building),
                "compiles": runs_engine,
            }
            jobs.append({**job, "unpack_limit": self.unpack_limit})
        answers = Workers(executable if runs_engine else Path(sys.executable), count=core_count(self.jobs)).run(jobs)
        unpacked = {}
        for wheel, building, answer in zip(wheels, trees, answers):
            artifact, found = self.artifacts[wheel.sha256], answer["laid"]
            files = file_records(found["files"])
            self.warnings.extend(found["warnings"])
            if not runs_engine:
                self.warnings.extend(compile_elsewhere(executable, building, files, subject=artifact.filename))
            self.finished[building] = files
            receipt = LaidReceipt(
                id=wheel.id,
                wheel=artifact.sha256,
                filename=artifact.filename,
                byte_code=wheel.byte_code,
                python=str(bundle.python["version"]),
                bundle=None,
                name=distribution(found["name"]),
                version=found["version"],
                dist_info=found["dist_info"],
                entry_points=found["entry_points"],
                owner=tree_owner(building, files),
                files=files,
                directories={},
                stamp=uuid.uuid4().hex,
            )
            unpacked[wheel.id] = (receipt, building)
        return unpacked
