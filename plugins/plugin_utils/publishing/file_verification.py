# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file of a repository is what its index says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ..net.local_file import sha256_of
from ..repository.bundle_archive import DESCRIBED, INDEXED, INDEXED_LATER, read_metadata


def file_problems(directory: Path, path: str, size: int, sha256: str, bundle: Mapping[str, Any] | None) -> list[str]:
    """Return what is wrong with one file; of an archive, also what the index says of its metadata."""
    file = directory / path
    try:
        found = file.stat().st_size
        if found != size:
            return [f"{path}: has {found} bytes, the index says {size}"]
        if (digest := sha256_of(file)) != sha256:
            return [f"{path}: has SHA-256 {digest}, the index says {sha256}"]
        if bundle is not None:
            metadata = read_metadata(file)
            keys = [key for key in INDEXED if key in bundle or key not in INDEXED_LATER]
            differing = [key for key in keys if metadata.get(key) != bundle.get(key)]
            # Older releases published bundles without it.
            differing += [key for key in DESCRIBED if bundle.get(key) not in (None, metadata[key])]
            return [f"{path}: its '{key}' is not what the index says of it" for key in differing]
    except OSError as error:
        return [f"{path}: {error.strerror or error}"]
    except HermeticError as error:
        return [str(error)]
    return []
