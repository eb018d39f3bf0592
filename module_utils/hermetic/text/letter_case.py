# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names and paths are one on a case-insensitive file system; pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def folded(name: str) -> str:
    """Return what names have in common that such a file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def spelled_otherwise(path: str, others: Iterable[str]) -> str | None:
    """Return the first of other relative paths that such a file system takes for the same path, or for one in the same directory."""
    for other in others:
        for part, other_part in zip(path.split("/"), other.split("/")):
            if part != other_part:
                if folded(part) == folded(other_part):
                    return other
                break
    return None
