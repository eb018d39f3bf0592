# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turn a root into what a release before 1.0.0 left: each unpacked wheel belongs to one bundle, by its name and its receipt."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

Document = dict[str, Any]


def as_earlier_release_left_it(root: Path) -> dict[str, str]:
    """Rename the unpacked wheels of a root, rewrite the records, and return the earlier names by those of now.

    Where environments of several bundles share a tree, each bundle gets a copy of its own, as it would have had.
    """
    environments = {path: json.loads(path.read_text()) for path in (root / "state/receipts/environments").glob("*.json")}
    used = {(laid_id, document["bundle"]) for document in environments.values() for laid_id in document["laid"]}
    names: dict[tuple[str, str], str] = {}
    for laid_id in sorted({laid_id for laid_id, _bundle in used}):
        record = root / f"state/receipts/laid/{laid_id}.json"
        document: Document = json.loads(record.read_text())
        bundles = sorted(bundle for each, bundle in used if each == laid_id)
        for number, bundle in enumerate(bundles):
            name = f"{document['wheel'][:16]}-{bundle[-12:]}"
            names[laid_id, bundle] = name
            if number:
                shutil.copytree(root / f"laid/{laid_id}", root / f"laid/{name}", symlinks=True)
            earlier = {**document, "format": 1, "id": name, "bundle": bundle, "stamp": f"{document['stamp']}{number or ''}"}
            del earlier["byte_code"], earlier["python"]
            write_as(record.with_name(f"{name}.json"), earlier, like=record)
        if laid_id not in {names[laid_id, bundle] for bundle in bundles}:
            os.rename(root / f"laid/{laid_id}", root / f"laid/{names[laid_id, bundles[0]]}")
            record.unlink()
    for path, document in environments.items():
        laid = {names[laid_id, document["bundle"]]: stamp for laid_id, stamp in document["laid"].items()}
        write_as(path, {**document, "laid": dict(sorted(laid.items()))}, like=path)
    return {laid_id: name for (laid_id, _bundle), name in names.items()}


def write_as(path: Path, document: Document, *, like: Path) -> None:
    """Write a record with the mode of another one."""
    mode = like.stat().st_mode & 0o777
    path.write_text(json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n")
    path.chmod(mode)
