# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes an environment in a user's root: complete, or not there."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..errors import BrokenRoot
from ..fs.atomic import sync_file_system, write_json
from ..fs.removal import remove_tree, try_to_remove
from ..fs.replacement import place
from ..inspect.tree_status import directory_times
from ..install.installer import Store
from ..install.needed import PrebuiltSource
from ..install.progress import Progress
from ..model.artifact import Artifact
from ..model.declaration import PlannedEnvironment, VirtualEnv
from ..model.layout import Layout, laid_id
from ..model.receipts import LaidReceipt, Records, dump
from ..records.load import load_receipt
from .bundles import HostBundle
from .environment_root import ID_DIGITS, EnvironmentRoot, key_of, remove_leftovers
from .host_wheels import copy_unpacked, unpacked_on
from .supply import Chosen, Supply

_NAME = "vpython"
_ATTEMPTS = 3


@dataclass
class Maker:
    """Makes environments on one bundle of the host in one root."""

    bundle: HostBundle
    root: Path
    host: Layout | None
    supply: Supply
    progress: Progress = lambda _text: None
    warnings: list[str] = field(default_factory=list)
    built: bool = False
    """Whether the environment was not there yet."""
    _damaged: set[str] = field(default_factory=set)
    """What the host has and is not used."""

    def make(self, wheels: Sequence[Chosen], *, entry: str) -> str:
        """Have the environment of these wheels, whoever makes it, and let the entry lead to it; returns its name."""
        key = key_of(self.root, bundle=self.bundle.tree, bundle_digest=self.bundle.digest, wheels=[wheel.sha256 for wheel in wheels])
        name = key[:ID_DIGITS]
        layout = EnvironmentRoot(self.root, bundle=self.bundle.tree, environment=name)
        layout.prepare()
        with layout.making(name):
            if layout.is_complete(name, key):
                # Pruning must not take it for unused before the launcher has it.
                os.utime(layout.tree("environments", name))
            else:
                self._build(layout, key, wheels)
            layout.enter(entry, name)
        return name

    def _build(self, layout: EnvironmentRoot, key: str, wheels: Sequence[Chosen]) -> None:
        trees = {laid_id(wheel.sha256, byte_code=self.bundle.byte_code): wheel for wheel in wheels}
        artifacts = {wheel.sha256: self.supply.artifact_of(wheel) for wheel in wheels}
        try:
            remove_tree(layout.fetched)
            for _attempt in range(_ATTEMPTS):
                prebuilt = self._fetch(layout, trees, artifacts)
                with layout.changing_shared():
                    remove_leftovers(layout)
                    records = self._records(layout, trees)
                    if any(
                        self._is_lacking(layout, tree_id, records, prebuilt, artifacts[wheel.sha256]) for tree_id, wheel in trees.items()
                    ):
                        # Pruned since it was looked for, or damaged on the host.
                        continue
                    self._install(layout, key, wheels, records, artifacts, prebuilt)
                    self.built = True
                    return
            raise BrokenRoot(f"The environment {layout.environment} could not be made: its wheels are removed again and again. Run again.")
        finally:
            self.warnings += try_to_remove(layout.fetched)

    def _fetch(self, layout: EnvironmentRoot, trees: Mapping[str, Chosen], artifacts: Mapping[str, Artifact]) -> dict[str, PrebuiltSource]:
        """Fetch what is neither unpacked here nor on the host: archives of prebuilt wheels where the host has them, wheels else."""
        missing = {tree_id: wheel for tree_id, wheel in trees.items() if load_receipt(layout, "laid", tree_id) is None}
        missing = {tree_id: wheel for tree_id, wheel in missing.items() if self._on_host(tree_id) is None}
        place = layout.place_of
        archives = self.supply.prebuilt_of(missing)
        damaged = self.supply.fetch_what_comes(list(archives.values()), place)
        archives = {tree_id: archive for tree_id, archive in archives.items() if archive not in damaged}
        self.supply.fetch([artifacts[wheel.sha256] for tree_id, wheel in missing.items() if tree_id not in archives], place)
        return {tree_id: PrebuiltSource(archive, missing[tree_id].sha256) for tree_id, archive in archives.items()}

    def _on_host(self, tree_id: str) -> LaidReceipt | None:
        return unpacked_on(self.host, tree_id) if self.host is not None and tree_id not in self._damaged else None

    @staticmethod
    def _is_lacking(
        layout: EnvironmentRoot, tree_id: str, records: Records, prebuilt: Mapping[str, PrebuiltSource], wheel: Artifact
    ) -> bool:
        artifact = prebuilt[tree_id].archive if tree_id in prebuilt else wheel
        return tree_id not in records.laid and not layout.place_of(artifact).exists()

    def _install(
        self, layout: EnvironmentRoot, key: str, wheels: Sequence[Chosen], records: Records, artifacts: dict[str, Artifact],
        prebuilt: dict[str, PrebuiltSource],
    ) -> None:  # fmt: skip
        store = Store(layout, records, progress=self.progress)
        declared = VirtualEnv(_NAME, self.bundle.receipt.name, tuple(wheel.sha256 for wheel in wheels), vpython=True)
        store.build(
            [PlannedEnvironment(layout.environment, key, declared, self.bundle.receipt.id)],
            reinstall=(),
            artifacts=artifacts,
            prebuilt=prebuilt,
            fetch_wheels=lambda missing: self.supply.fetch(missing, layout.place_of),
        )
        self.warnings += store.warnings

    def _records(self, layout: EnvironmentRoot, trees: Iterable[str]) -> Records:
        """Return what is there of the wheels, with those that were copied from the host just now."""
        bundle = self.bundle.receipt
        records = Records({bundle.id: bundle}, {}, {}, {}, {}, {bundle.id: self.bundle.byte_code})
        copied = []
        for tree_id in trees:
            receipt = load_receipt(layout, "laid", tree_id) if os.path.isdir(layout.tree("laid", tree_id)) else None
            there = self._on_host(tree_id) if receipt is None else None
            if receipt is not None:
                records.laid[tree_id] = receipt
            elif there is not None and self.host is not None:
                taken = copy_unpacked(self.host, there, layout)
                if taken is None:
                    self.warnings.append(
                        f"The unpacked wheel {there.filename} of the host is damaged, and is not used; run drift with verify deep."
                    )
                    self._damaged.add(tree_id)
                else:
                    copied.append(taken)
        if copied:
            sync_file_system(layout.root)
        for receipt, building in copied:
            final = layout.tree("laid", receipt.id)
            self.warnings += place(building, final)
            written = type(receipt)(**{**receipt.__dict__, "directories": directory_times(final, receipt.manifest())})
            write_json(layout.receipt("laid", receipt.id), dump(written))
            records.laid[receipt.id] = written
        return records
