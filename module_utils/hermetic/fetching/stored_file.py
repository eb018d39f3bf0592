# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a file that was fetched before still is the artifact."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ..fs.hashing import feed
from ..fs.own_files import NotOurFile, is_our_directory, is_ours, open_regular
from ..os_errors import explain

_BLOCK = 1 << 20


def verified(path: Path, sha256: str) -> bool:
    """Return whether the file exists and has this digest, and nobody else may change it once it was read."""
    try:
        return is_our_directory(path.parent) and is_ours(path) and sha256_of(path) == sha256.lower()
    except (FileNotFoundError, NotADirectoryError, NotOurFile):
        return False
    except OSError as error:
        raise explain(error, str(path)) from error


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of the file in hexadecimal."""
    digest = hashlib.sha256()
    with open(open_regular(path), "rb", buffering=0) as file:
        feed(digest, file, memoryview(bytearray(_BLOCK)))
    return digest.hexdigest()
