# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the engine of this release consists of, and the digest that names it, in its zip and in bundles alike."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

_ENGINE = Path(__file__).resolve().parents[2] / "module_utils" / "hermetic"
# The oldest time that a zip can hold; any fixed one makes equal sources equal bytes.
_TIME = (1980, 1, 1, 0, 0, 0)
_MAIN = """\
import sys

from hermetic.__main__ import main

sys.exit(main())
"""


def engine_members(engine: Path | None = None) -> dict[str, bytes]:
    """Return the files of the engine by their names: what starts it, and its package."""
    directory = _located(engine)
    members = {f"hermetic/{path.relative_to(directory).as_posix()}": path.read_bytes() for path in directory.rglob("*.py")}
    return dict(sorted({"__main__.py": _MAIN.encode(), **members}.items()))


def digest_of_members(members: Mapping[str, bytes]) -> str:
    """Return the digest of an engine: of its content, since not every zlib compresses to the same bytes."""
    lines = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(members.items()))
    return hashlib.sha256(lines.encode()).hexdigest()


@cache
def own_engine() -> Mapping[str, bytes]:
    """Return the members of this release's engine, read once in a process."""
    return MappingProxyType(engine_members())


@cache
def engine_digest() -> str:
    """Return the digest of this release's engine."""
    return digest_of_members(own_engine())


def zip_of(members: Mapping[str, bytes], *, compressed: bool) -> bytes:
    """Return a zip of files that Python can import from and run; the same content gives the same names, order and times in it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(members.items()):
            entry = zipfile.ZipInfo(name, date_time=_TIME)
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED if compressed else zipfile.ZIP_STORED
            archive.writestr(entry, content, compresslevel=6)
    return buffer.getvalue()


def _located(engine: Path | None) -> Path:
    """Return the directory of the engine's sources: beside plugins in a checkout, below it in a released collection."""
    if engine is not None:
        return engine
    released = Path(__file__).resolve().parents[1] / "module_utils" / "hermetic"
    return released if released.is_dir() else _ENGINE
