# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which byte code an installed bundle reads: as its bundle.json states, or as its own byte code shows."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..fs.record_files import read_bytes
from ..model.byte_code import ByteCode, of_sample, samples_of, stated


def byte_code_of(info: Mapping[str, Any], *, sha256: str, tree: Path) -> str:
    """Return what the wheels that are unpacked for a bundle are keyed by: the digest of its byte code.

    Where nothing shows which that is, it is the digest of the bundle, which shares its wheels with no other then.
    """
    found = stated(info["python"], engine=bool(info.get("engine"))) or _shown(info, tree)
    return found.digest if found is not None else sha256


def _shown(info: Mapping[str, Any], tree: Path) -> ByteCode | None:
    """Return what the files of a bundle show that an earlier release built."""
    stdlib = info["python"].get("stdlib")
    for path in samples_of(info["files"], stdlib=stdlib) if stdlib else ():
        with contextlib.suppress(ValueError, FileNotFoundError):
            head = read_bytes(tree / path)[:4]
            found = of_sample(path, head, engine=bool(info.get("engine")), version=info["python"]["version"])
            if found is not None:
                return found
    return None
