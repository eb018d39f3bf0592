# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine of this release inside a bundle, so that a task need not bring it: one zip with sources and byte code."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ....module_utils.engine_of_task import ARCHIVE, CODE, DIGEST
from ...engine_code import engine_digest, own_engine, zip_of
from ..model.tree import Tree, copy_file
from .bytecode import compiled_members

LICENSE = Path(__file__).resolve().parents[4] / "LICENSE"


def add_engine_code(tree: Tree, *, interpreter: Path | None, work: Path) -> str | None:
    """Write the engine into the tree, compiled by ``interpreter`` where there is one; returns its digest.

    A Python that cannot run the engine gets nothing. The sources are for workers of a bundle with another byte code, and for tracebacks.
    """
    if not tree.python.runs_engine:
        return None
    place = tree.root / CODE
    place.mkdir(parents=True)
    members = dict(own_engine())
    if interpreter is not None:
        members |= compiled_members(own_engine(), interpreter=interpreter, work=work / "engine")
    # Stored, not compressed: the bundle's archive compresses it, and every task would have to take that back.
    content = zip_of(members, compressed=False)
    (place / ARCHIVE).write_bytes(content)
    (place / DIGEST).write_text(f"{engine_digest()}\n{hashlib.sha256(content).hexdigest()}\n")
    copy_file(LICENSE, place / LICENSE.name)
    return engine_digest()
