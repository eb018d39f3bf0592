# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a file and hash what was copied, so that what is used is what was verified."""

from __future__ import annotations

import hashlib
from pathlib import Path

_BLOCK = 1 << 20


def copy_hashed(source: Path, target: Path) -> str:
    """Write the content of a file to a new one, and return its SHA-256."""
    digest = hashlib.sha256()
    with open(source, "rb", buffering=0) as reading, open(target, "xb", buffering=0) as writing:
        while block := reading.read(_BLOCK):
            digest.update(block)
            view = memoryview(block)
            while view:
                view = view[writing.write(view) or 0 :]
    return digest.hexdigest()
