# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Describe what a root holds, for people and inventories."""

from __future__ import annotations

from typing import Any

from ..model.layout import Layout
from ..model.receipts import EnvironmentReceipt, Generation, Records


def describe(layout: Layout, records: Records, current: int | None, *, in_force: Generation | None = None) -> dict[str, Any]:
    """Return root, generations, bundles and VirtualEnvs of the generation in force.

    ``current`` is where the link leads, and ``in_force`` what was switched to last: they differ where somebody removed or turned the link.
    """
    generation = in_force or (records.generations.get(current) if current is not None else None)
    return {
        "root": str(layout.root),
        "generation": current,
        "in_force": _generation(generation) if generation is not None else None,
        "generations": [_generation(each) for each in sorted(records.generations.values(), key=lambda each: each.number)],
        "bundles": [
            {
                **{key: value for key, value in receipt.info.items() if key != "files"},
                "id": receipt.id,
                "sha256": receipt.sha256,
                "filename": receipt.filename,
                "path": str(layout.tree("bundles", receipt.id)),
                "active": generation is not None and receipt.id in generation.bundles.values(),
            }
            for receipt in sorted(records.bundles.values(), key=lambda receipt: receipt.id)
        ],
        "virtualenvs": [
            _environment(layout, records, records.environments[tree_id])
            for _name, tree_id in sorted(generation.virtualenvs.items() if generation is not None else ())
            if tree_id in records.environments
        ],
    }


def _generation(generation: Generation) -> dict[str, Any]:
    return {
        "number": generation.number,
        "created": generation.created,
        "pinned": generation.pinned,
        "default": generation.default,
        "bundles": dict(generation.bundles),
        "virtualenvs": dict(generation.virtualenvs),
        "previous": generation.previous,
        "rollout": generation.rollout,
        "before_rollout": generation.before_rollout,
    }


def _environment(layout: Layout, records: Records, receipt: EnvironmentReceipt) -> dict[str, Any]:
    laid = [records.laid[laid_id] for laid_id in receipt.laid if laid_id in records.laid]
    return {
        "name": receipt.name,
        "id": receipt.id,
        "bundle": receipt.bundle,
        "path": str(layout.root / "envs" / receipt.name),
        "tree": str(layout.tree("environments", receipt.id)),
        "link_mode": receipt.link_mode,
        "wheels": [{"sha256": wheel.wheel, "filename": wheel.filename} for wheel in laid],
        "packages": sorted(({"name": wheel.name, "version": wheel.version} for wheel in laid), key=lambda package: package["name"]),
    }
