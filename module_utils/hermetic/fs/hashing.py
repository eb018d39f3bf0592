# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SHA-256 of files, one after the other."""

from __future__ import annotations

import hashlib
from io import RawIOBase

_BLOCK = 1 << 20


def feed(digest: hashlib._Hash, stream: RawIOBase, buffer: memoryview) -> int:
    """Feed a digest with the rest of a stream, through a buffer of the caller's; returns how many bytes that were."""
    size = 0
    while count := stream.readinto(buffer):
        digest.update(buffer[:count])
        size += count
    return size


def hash_file(path: str, buffer: memoryview) -> str | None:
    """Return the SHA-256 of a file, or None when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with open(path, "rb", buffering=0) as stream:
            feed(digest, stream, buffer)
    except OSError:
        return None
    return digest.hexdigest()


def hash_files(paths: list[str]) -> list[str | None]:
    """Return the SHA-256 of each file, or None for those that cannot be read."""
    buffer = memoryview(bytearray(_BLOCK))
    return [hash_file(path, buffer) for path in paths]
