# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unpack and compile wheels beside their final places, in worker processes of the Python that the byte code is for."""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import FetchFailed
from ..fs.atomic import make_directory
from ..fs.removal import free, try_to_remove
from ..inspect.tree_status import tree_owner
from ..model.artifact import Artifact
from ..model.declaration import PlannedEnvironment
from ..model.layout import Layout, laid_id
from ..model.manifest import file_records
from ..model.receipts import BundleReceipt, LaidReceipt, Records
from ..model.wheel_name import distribution
from ..paths import BUILDING
from ..process.pool import Workers
from ..process.subprocess_environment import core_count
from ..records.vouching import digest
from ..text.counting import counted
from .needed import PrebuiltSource
from .progress import Progress
from .target_compile import compile_elsewhere

Finished = dict[Path, Collection[str]]
"""The trees under construction, with the files that were written into each."""


FetchWheels = Callable[[Sequence[Artifact]], None]
"""Brings wheels into the root, or raises FetchFailed."""


def nothing_more_to_fetch(_wheels: Sequence[Artifact]) -> None:
    """Fetch nothing: everything that is needed is in the root."""


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
    prebuilt: dict[str, PrebuiltSource] = field(default_factory=dict)
    """What takes the place of a wheel, by the tree that it unpacks to; loses what is refused."""
    fetch_wheels: FetchWheels = nothing_more_to_fetch

    def unpack(self, missing: Sequence[MissingWheel], bundles: Mapping[str, BundleReceipt]) -> dict[str, tuple[LaidReceipt, Path]]:
        """Unpack wheels by the bundles that need them first, and return their receipts, still without time stamps, with the trees."""
        unpacked: dict[str, tuple[LaidReceipt, Path]] = {}
        for bundle_id in sorted({wheel.bundle_id for wheel in missing}):
            wheels = [wheel for wheel in missing if wheel.bundle_id == bundle_id]
            unpacked.update(self._unpack_for(bundles[bundle_id], wheels))
        return unpacked

    def _stored(self, wheel: MissingWheel) -> Path:
        source = self.prebuilt.get(wheel.id)
        artifact = self.artifacts[wheel.sha256] if source is None else source.archive
        return self.layout.artifact(artifact.sha256, artifact.filename)

    def _unpack_for(self, bundle: BundleReceipt, missing: Sequence[MissingWheel]) -> dict[str, tuple[LaidReceipt, Path]]:
        # The largest first, so that no core waits for it at the end.
        wheels = sorted(missing, key=lambda wheel: -os.path.getsize(self._stored(wheel)))
        self.progress(f"{self._what_is_done(wheels)} for {bundle.id}")
        runs_engine = bool(bundle.info.get("engine"))
        executable = self.layout.tree("bundles", bundle.id) / bundle.python["executable"]
        trees = [self.layout.tree("laid", f"{BUILDING}{wheel.id}") for wheel in wheels]
        jobs = []
        for wheel, building in zip(wheels, trees):
            self.warnings.extend(free(building))
            self.finished[building] = ()
            make_directory(building)
            jobs.append(self._job(wheel, building, compiles=runs_engine))
        answers = Workers(executable if runs_engine else Path(sys.executable), count=core_count(self.jobs)).run(jobs)
        unpacked = {}
        refused: dict[str, str] = {}
        for wheel, building, answer in zip(wheels, trees, answers):
            if "refused" in answer:
                refused[wheel.id] = answer["refused"]
                continue
            found = answer["laid"]
            files = file_records(found["files"])
            if not runs_engine:
                found["warnings"].extend(compile_elsewhere(executable, building, files, subject=self.artifacts[wheel.sha256].filename))
            self.finished[building] = files
            receipt = self._receipt(wheel, bundle, building, {**found, "files": files})
            problem = self._not_as_recorded(receipt)
            if problem is not None:
                refused[wheel.id] = problem
                continue
            self.warnings.extend(found["warnings"])
            unpacked[wheel.id] = (receipt, building)
        if refused:
            self._take_wheels(refused)
            unpacked.update(self._unpack_for(bundle, [wheel for wheel in wheels if wheel.id in refused]))
        return unpacked

    def _what_is_done(self, wheels: Sequence[MissingWheel]) -> str:
        prebuilt = sum(wheel.id in self.prebuilt for wheel in wheels)
        compiled = len(wheels) - prebuilt
        texts = [f"unpack {counted(prebuilt, 'prebuilt wheel')}"] if prebuilt else []
        return ", ".join([*texts, f"unpack and compile {counted(compiled, 'wheel')}"] if compiled else texts)

    def _job(self, wheel: MissingWheel, building: Path, *, compiles: bool) -> dict[str, Any]:
        common = {"into": str(building), "unpack_limit": self.unpack_limit}
        if wheel.id in self.prebuilt:
            job = {"task": "unpack_prebuilt", "archive": str(self._stored(wheel)), "wheel": wheel.sha256, "byte_code": wheel.byte_code}
            filename = self.artifacts[wheel.sha256].filename
            return {**job, **common, "filename": filename if filename.endswith(".whl") else None}
        return {"task": "unpack_wheel", "wheel": str(self._stored(wheel)), "compiles": compiles, **common}

    def _receipt(self, wheel: MissingWheel, bundle: BundleReceipt, building: Path, found: Mapping[str, Any]) -> LaidReceipt:
        artifact = self.artifacts[wheel.sha256]
        # Where neither the request nor the root knows the wheel itself, what is prebuilt of it names it.
        named = artifact.filename if artifact.filename.endswith(".whl") else found.get("filename")
        return LaidReceipt(
            id=wheel.id,
            wheel=artifact.sha256,
            filename=named or artifact.filename,
            byte_code=wheel.byte_code,
            python=str(found.get("python") or bundle.python["version"]),
            bundle=None,
            name=distribution(found["name"]),
            version=found["version"],
            dist_info=found["dist_info"],
            entry_points=found["entry_points"],
            owner=tree_owner(building, found["files"]),
            files=found["files"],
            directories={},
            stamp=uuid.uuid4().hex,
        )

    def _not_as_recorded(self, receipt: LaidReceipt) -> str | None:
        """Judge a tree from an archive that only the root itself names: whoever could put it there must not choose what it holds."""
        source = self.prebuilt.get(receipt.id)
        if source is None or source.as_recorded is None or digest(receipt) == digest(source.as_recorded):
            return None
        return f"The prebuilt wheel {source.archive.filename} in the root is not what the receipt of {receipt.id} says"

    def _take_wheels(self, refused: Mapping[str, str]) -> None:
        """Bring the wheels in place of archives that were refused, which are not kept; a warning names each."""
        sources = {tree_id: self.prebuilt.pop(tree_id) for tree_id in refused}
        for source in sources.values():
            self.warnings.extend(try_to_remove(self.layout.wheels / source.archive.sha256))
        try:
            self.fetch_wheels([self.artifacts[source.wheel] for source in sources.values()])
        except FetchFailed as error:
            raise FetchFailed(
                f"{error.message} What is prebuilt of them was refused.", [*error.problems, *refused.values()], needs=error.needs
            ) from error
        for tree_id, reason in refused.items():
            self.warnings.append(f"{self.artifacts[sources[tree_id].wheel].filename} is compiled on this host. {reason}")
