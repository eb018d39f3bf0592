# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine a task runs: the one that came with it, or the equal one that the bundle of its interpreter holds."""

from __future__ import annotations

import base64
import hashlib
import importlib
import sys
import typing as t
from pathlib import Path

if t.TYPE_CHECKING:
    from types import ModuleType

CODE = "lib/engine-code"
"""Where a bundle keeps the engine of the release that built it; on no sys.path of user code."""
ARCHIVE = "engine.zip"
DIGEST = "digest"
"""The file beside it with two lines: the digest of the engine, and the SHA-256 of the archive, which has its byte code as well."""

Importer = t.Callable[[str], "ModuleType"]


class EngineMissing(Exception):
    """Raised where the bundle does not hold the engine that was asked for, or holds a damaged one; says which."""


def engine_that_came(text: str, *, directory: Path) -> Importer:
    """Write the engine's zip where its workers find it too, and return what imports a part of it."""
    path = directory / ARCHIVE
    path.write_bytes(base64.b64decode(text))
    return _imported_from(path)


def engine_of_bundle(digest: str) -> Importer:
    """Return what imports a part of the bundle's engine; raises EngineMissing unless that is the one with this digest, unchanged.

    Accidents are found so. Who may write to a bundle may change its Python as well, which no code that this Python runs would notice.
    """
    place = Path(sys.base_prefix, CODE)
    try:
        stated = (place / DIGEST).read_text(encoding="ascii").split("\n")
        if stated[0] != digest:
            raise EngineMissing(f"its engine is {stated[0][:12] or 'not named'}, and not {digest[:12]}")
        content = (place / ARCHIVE).read_bytes()
    except (OSError, ValueError) as error:
        raise EngineMissing(f"its engine cannot be read: {error}") from error
    found = hashlib.sha256(content).hexdigest()
    if stated[1:2] != [found]:
        raise EngineMissing(f"{place / ARCHIVE} has the SHA-256 {found[:12]}, and not the one that {place / DIGEST} names")
    return _imported_from(place / ARCHIVE)


def _imported_from(archive: Path) -> Importer:
    sys.path.insert(0, str(archive))
    # A tree stays as it was built, also where the byte code of a module is missing.
    sys.dont_write_bytecode = True
    return lambda part: importlib.import_module(f"hermetic.{part}")
