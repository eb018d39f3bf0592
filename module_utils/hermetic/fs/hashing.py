# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256 of files, one after the other."""

from __future__ import annotations

import hashlib
import os

_BLOCK = 1 << 20


def hash_file(path: str, buffer: memoryview) -> str | None:
    """Return the SHA-256 of a file, or None when it cannot be read."""
    digest = hashlib.sha256()
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None
    with open(descriptor, "rb", buffering=0) as stream:
        while True:
            try:
                count = stream.readinto(buffer)
            except OSError:
                return None
            if not count:
                return digest.hexdigest()
            digest.update(buffer[:count])


def hash_files(paths: list[str]) -> list[str | None]:
    """Return the SHA-256 of each file, or None for those that cannot be read."""
    buffer = memoryview(bytearray(_BLOCK))
    return [hash_file(path, buffer) for path in paths]
