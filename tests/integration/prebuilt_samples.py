# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prebuilt wheels of the Python that runs the tests, which bundles are made from as well, and requests that name them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.prebuilt import archive_filename
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_making import prebuild_wheel
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.unpack.prebuilt_wheel import own_byte_code
from roots import Declared, Document
from wheelhouse import Wheel

BYTE_CODE = own_byte_code().digest


@dataclass(frozen=True)
class Archive:
    """What is prebuilt of a wheel."""

    wheel: Wheel
    path: Path

    @property
    def sha256(self) -> str:
        """Its digest, as it is now."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def tree_id(self) -> str:
        """The tree that it unpacks to."""
        return f"{self.wheel.sha256[:16]}-{BYTE_CODE[:12]}"


def prebuilt_archive(wheel: Wheel, directory: Path) -> Archive:
    """Unpack, compile and pack a wheel."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / archive_filename(f"{wheel.sha256[:16]}-{BYTE_CODE[:12]}")
    prebuild_wheel(wheel.path, path, sha256=wheel.sha256, windows=False, workplace=directory / "workplace")
    return Archive(wheel, path)


def naming(declared: Declared, archives: Sequence[Archive], *, sources: Mapping[str, Sequence[str]] | None = None) -> Document:
    """Return the parts of a request that name archives; ``sources`` replaces those of artifacts, by their digests."""
    document = declared.document()
    artifacts: dict[str, Any] = declared.artifacts()
    for archive in archives:
        about = {"filename": archive.path.name, "size": archive.path.stat().st_size, "sources": [str(archive.path)]}
        artifacts[archive.sha256] = about
    for sha256, places in (sources or {}).items():
        artifacts[sha256] = {**artifacts[sha256], "sources": list(places)}
    bundles = [{**bundle, "byte_code": BYTE_CODE} for bundle in document["bundles"]]
    return {
        "declaration": {**document, "bundles": bundles},
        "artifacts": artifacts,
        "prebuilt": {archive.tree_id: archive.sha256 for archive in archives},
    }
