# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put bundles, unpacked wheels and environments into a root: build beside, verify, rename, and leave the receipt for last."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..errors import BrokenArtifact, BrokenRoot, HermeticError
from ..fs.atomic import make_directory, sync_file_system, sync_trees, write_json
from ..fs.removal import free, try_to_remove
from ..fs.replacement import place
from ..inspect.tree_status import directory_times, tree_owner
from ..model.artifact import Artifact
from ..model.declaration import Bundle, PlannedEnvironment
from ..model.layout import Layout, laid_id
from ..model.manifest import FileRecord, Manifest, from_bundle_files
from ..model.receipts import BundleReceipt, EnvironmentReceipt, LaidReceipt, Records, dump
from ..paths import BUILDING, WINDOWS
from ..process import interpreter
from ..process.background import flushed_meanwhile, repeatedly
from ..records import root_record
from ..records.installed_byte_code import byte_code_of
from ..text.counting import counted
from ..unpack.archive import unpack
from ..windows import acl as windows_acl
from . import environment
from .bootstrapped_tree import is_usable
from .bundle_verification import bundle_info, check_byte_code, check_confined, verify_unpacked
from .needed import PrebuiltSource
from .progress import Progress
from .unpacking_ahead import UnpackingAhead, Written
from .wheel_unpacking import FetchWheels, Finished, WheelUnpacking, missing_wheels, nothing_more_to_fetch


@dataclass
class Store:
    """The trees of one root; the caller holds its lock."""

    layout: Layout
    records: Records
    jobs: int = 0
    link_mode: str = "auto"
    unpack_limit: int = 0
    progress: Progress = lambda _text: None
    warnings: list[str] = field(default_factory=list)

    def prepare(self) -> None:
        """Make the directories of the root."""
        for directory in (
            self.layout.root,
            self.layout.bundles,
            self.layout.environments,
            self.layout.laid,
            self.layout.wheels,
            self.layout.generations,
            self.layout.generation_records,
            *(self.layout.receipts(kind) for kind in ("bundles", "environments", "laid")),
        ):
            make_directory(directory)
        if WINDOWS and windows_acl.others_who_may_write(self.layout.root):
            windows_acl.protect(self.layout.root)
            root_record.renew_access(self.layout)
        root_record.claim(self.layout)

    @contextmanager
    def _building(self, kind: str, tree_id: str, *, begun: bool = False) -> Iterator[Path]:
        """Give an empty directory beside the final place, or one that was ``begun``; what is left there after an error is removed."""
        building = self.layout.tree(kind, f"{BUILDING}{tree_id}")
        if not begun:
            self._empty(building)
        try:
            yield building
        except BaseException:
            # What stays begins with a mark of ours: the next run tries again, and the error that led here is the one to report.
            try_to_remove(building)
            raise

    def _empty(self, building: Path) -> None:
        self.warnings += free(building)
        make_directory(building)

    @contextmanager
    def unpacking_ahead(
        self, bundles: Iterable[Bundle], artifacts: Mapping[str, Artifact], *, unpacked: Mapping[str, Path] = MappingProxyType({})
    ) -> Iterator[UnpackingAhead]:
        """Have the bundles unpacked whose archives are fetched in ``running``; what ``install_bundle`` is not given is removed at the end.

        ``unpacked`` has trees that the host's shell unpacked for this task, by the digest of the archive.
        """
        ahead = UnpackingAhead(unpack_limit=self.unpack_limit, jobs=self.jobs)
        for bundle in bundles:
            artifact = artifacts[bundle.sha256]
            archive = self.layout.artifact(artifact.sha256, artifact.filename)
            building = self.layout.tree("bundles", f"{BUILDING}{bundle.id}")
            tree = unpacked.get(bundle.sha256)
            usable = tree if tree is not None and is_usable(tree, self.layout.root) else None
            if not archive.exists() and ahead.add(artifact, archive, building, unpacked=usable):
                self._empty(building)
        try:
            yield ahead
        finally:
            ahead.discard()

    def install_bundle(self, bundle: Bundle, artifact: Artifact, archive: Path, *, unpacked: Written | None = None) -> BundleReceipt:
        """Unpack a bundle, unless it was while its verified archive came, verify and start it, then put it into place."""
        try:
            return self._install_bundle(bundle, artifact, archive, unpacked=unpacked)
        except BrokenArtifact:
            if unpacked is None:
                raise
            # Whatever went wrong on the way, the archive itself is whole, and decides.
            return self._install_bundle(bundle, artifact, archive, unpacked=None)

    def _install_bundle(self, bundle: Bundle, artifact: Artifact, archive: Path, *, unpacked: Written | None) -> BundleReceipt:
        self.progress(f"bundle {bundle.name} {bundle.release}: unpack and verify")
        with self._building("bundles", bundle.id, begun=unpacked is not None) as building:
            if unpacked is None:
                unpacked = unpack(archive, building, unpack_limit=self.unpack_limit, members=artifact.members, jobs=self.jobs)
            info, record = bundle_info(building, unpacked, bundle)
            manifest = from_bundle_files(info["files"], also=[("bundle.json", record)])
            with flushed_meanwhile({building: manifest.files}, below=building):
                self._verify(building, bundle, info, manifest, unpacked)
            self.warnings += place(building, self.layout.tree("bundles", bundle.id))
        try:
            return self._record_bundle(bundle, artifact, archive, info, record, manifest)
        except BaseException:
            self._withdraw(building, self.records.bundles)
            raise

    def _verify(self, building: Path, bundle: Bundle, info: Mapping[str, Any], manifest: Manifest, written: Written) -> None:
        subject = f"The bundle '{bundle.name}' {bundle.release}"
        verify_unpacked(building, manifest, written, subject=f"{subject} ({bundle.sha256[:12]})")
        if info.get("hermetic") == "site":
            self.warnings.append(f"{subject} was built without the hermetic launcher: PYTHONHOME and an early PYTHONPATH still reach it.")
        executable = building / info["python"]["executable"]
        answer = interpreter.check_version(executable, expected=info["python"]["version"], subject=subject)
        check_confined(info, subject=subject)
        if bundle.id not in self.records.bundles:
            check_byte_code(bundle, byte_code_of(info, sha256=bundle.sha256, tree=building), subject=subject)
        interpreter.check_own_tree(answer, building, *interpreter.also_searched(info, self.layout.root), subject=subject)

    def _record_bundle(
        self, bundle: Bundle, artifact: Artifact, archive: Path, info: Mapping[str, Any], record: FileRecord, manifest: Manifest
    ) -> BundleReceipt:
        receipt = BundleReceipt(
            id=bundle.id,
            sha256=bundle.sha256,
            filename=artifact.filename,
            size=os.path.getsize(archive),
            owner=tree_owner(self.layout.tree("bundles", bundle.id), manifest.files),
            info=info,
            info_record=record,
            directories=directory_times(self.layout.tree("bundles", bundle.id), manifest),
        )
        write_json(self.layout.receipt("bundles", bundle.id), dump(receipt))
        self.records.bundles[bundle.id] = receipt
        self.records.byte_codes[bundle.id] = byte_code_of(info, sha256=bundle.sha256, tree=self.layout.tree("bundles", bundle.id))
        return receipt

    def build(
        self,
        environments: Sequence[PlannedEnvironment],
        *,
        reinstall: Iterable[str],
        artifacts: Mapping[str, Artifact],
        prebuilt: Mapping[str, PrebuiltSource] = MappingProxyType({}),
        fetch_wheels: FetchWheels = nothing_more_to_fetch,
    ) -> list[str]:
        """Unpack the wheels that are not unpacked yet (and those in ``reinstall`` again), build the environments, and put all into place.

        Environments that share an unpacked wheel which is unpacked again must be among ``environments``. Environments are put into place before
        the unpacked wheels: a run that is cut off between the two leaves the damaged unpacked wheel to be found again.
        ``prebuilt`` has what takes the place of a wheel, by the tree that it unpacks to; where it proves to be wrong, ``fetch_wheels`` brings the wheel.
        """
        missing = missing_wheels(environments, self.records, again=set(reinstall))
        finished: Finished = {}
        try:
            # Data is written back while the cores compile, so that the one flush before the receipts has little left to do.
            with repeatedly(partial(sync_file_system, self.layout.root), every=1.0):
                unpacking = WheelUnpacking(
                    self.layout,
                    artifacts,
                    finished,
                    self.warnings,
                    jobs=self.jobs,
                    unpack_limit=self.unpack_limit,
                    progress=self.progress,
                    prebuilt=dict(prebuilt),
                    fetch_wheels=fetch_wheels,
                )
                laid = unpacking.unpack(missing, self.records.bundles)
                built = [self._build_one(each, laid, finished) for each in environments]
            sync_trees(finished, below=self.layout.root)
        except BaseException:
            for tree in finished:
                try_to_remove(tree)
            raise
        before = {kind: set(getattr(self.records, kind)) for kind in ("environments", "laid")}
        try:
            for receipt, building in built:
                self._finish("environments", receipt, building)
            for laid_receipt, building in laid.values():
                self._finish("laid", laid_receipt, building)
            for each in environments:
                self._start_once(each)
        except BaseException:
            for tree in finished:
                self._withdraw(tree, before[tree.parent.name])
            raise
        return [each.id for each in environments]

    def _withdraw(self, building: Path, recorded: Collection[str]) -> None:
        """Remove a tree that was made in a run which failed, wherever it is by now; one that was repaired stays."""
        kind, tree_id = building.parent.name, building.name[len(BUILDING) :]
        try_to_remove(building)
        if tree_id not in recorded:
            self.layout.receipt(kind, tree_id).unlink(missing_ok=True)
            getattr(self.records, kind).pop(tree_id, None)
            with suppress(BrokenRoot):
                free(self.layout.tree(kind, tree_id))

    def _build_one(
        self, planned: PlannedEnvironment, fresh: Mapping[str, tuple[LaidReceipt, Path]], finished: Finished
    ) -> tuple[EnvironmentReceipt, Path]:
        self.progress(f"environment {planned.declared.name}: {counted(len(planned.declared.wheels), 'wheel')}")
        bundle = self.records.bundles[planned.bundle_id]
        byte_code = self.records.byte_codes[planned.bundle_id]
        names = sorted({laid_id(wheel, byte_code=byte_code) for wheel in planned.declared.wheels})
        laid = [fresh.get(name) or (self.records.laid[name], self.layout.tree("laid", name)) for name in names]
        _refuse_two_versions(planned, [receipt for receipt, _tree in laid])
        with self._building("environments", planned.id) as building:
            finished[building] = ()
            built = environment.make(
                building,
                final=self.layout.tree("environments", planned.id),
                name=planned.declared.name,
                system_site_packages=planned.declared.system_site_packages,
                pythonpath=planned.declared.pythonpath,
                vpython=planned.declared.vpython,
                bundle=bundle,
                bundle_tree=self.layout.tree("bundles", bundle.id),
                laid=laid,
                link_mode=self.link_mode,
            )
        finished[building] = [*built.own_files, *built.unlinked]
        self.warnings.extend(built.warnings)
        receipt = EnvironmentReceipt(
            id=planned.id,
            name=planned.declared.name,
            key=planned.key,
            bundle=bundle.id,
            wheels=sorted(planned.declared.wheels),
            system_site_packages=planned.declared.system_site_packages,
            pythonpath=planned.declared.pythonpath,
            laid={name: receipt.stamp for name, (receipt, _tree) in zip(names, laid)},
            link_mode=built.link_mode,
            owner=tree_owner(building, ["pyvenv.cfg"]),
            site_packages=built.places.site_packages,
            headers=built.places.headers,
            scripts=built.places.scripts,
            own_files=built.own_files,
            own_links=built.own_links,
            directories={path: [0, 0] for path in ["", *sorted(built.directories)]},
        )
        return receipt, building

    def _finish(self, kind: str, receipt: EnvironmentReceipt | LaidReceipt, building: Path) -> None:
        final = self.layout.tree(kind, receipt.id)
        self.warnings += place(building, final)
        manifest = receipt.own_manifest() if isinstance(receipt, EnvironmentReceipt) else receipt.manifest()
        written: Any = type(receipt)(**{**receipt.__dict__, "directories": directory_times(final, manifest)})
        write_json(self.layout.receipt(kind, receipt.id), dump(written))
        getattr(self.records, kind)[receipt.id] = written

    def _start_once(self, planned: PlannedEnvironment) -> None:
        bundle = self.records.bundles[planned.bundle_id]
        tree = self.layout.tree("environments", planned.id)
        where = environment.places(bundle.info)
        answer = interpreter.check_version(
            tree / where.python, expected=bundle.python["version"], subject=f"The bundle of the VirtualEnv '{planned.declared.name}'"
        )
        bundle_tree = self.layout.tree("bundles", bundle.id)
        allowed = (tree, bundle_tree, *interpreter.also_searched(bundle.info, self.layout.root))
        interpreter.check_own_tree(answer, *allowed, subject=f"The new VirtualEnv '{planned.declared.name}'")
        if os.path.realpath(answer["prefix"]) != os.path.realpath(tree):
            raise HermeticError(
                f"The interpreter of the new VirtualEnv '{planned.declared.name}' takes {answer['prefix']} for its prefix; expected {tree}; "
                "nothing was switched. Rebuild its bundle with bundle_build."
            )


def _refuse_two_versions(planned: PlannedEnvironment, laid: Sequence[LaidReceipt]) -> None:
    versions: dict[str, list[str]] = {}
    for receipt in laid:
        versions.setdefault(receipt.name, []).append(receipt.filename)
    problems = [f"{name}: {', '.join(sorted(filenames))}" for name, filenames in sorted(versions.items()) if len(filenames) > 1]
    if problems:
        raise BrokenArtifact(
            f"The VirtualEnv '{planned.declared.name}' is declared with more than one wheel of a package; nothing was switched. Leave one of each in its lock.",
            problems,
        )
