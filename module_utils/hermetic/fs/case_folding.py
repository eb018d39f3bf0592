# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names on case-insensitive file systems: macOS's usual one, Windows', and some of Linux's directories."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ..text.letter_case import folded


def other_spelling(directory: Path, name: str, missing: Iterable[str]) -> str | None:
    """Return which of the names that a directory does not list is there all the same, as another spelling of one that it lists."""
    for candidate in missing:
        if folded(candidate) == folded(name) and os.path.lexists(directory / candidate):
            return candidate
    return None


def as_written(path: Path) -> Path:
    """Return an absolute path in the spelling in which its directories have it, so that every spelling of a root is the same root."""
    found = Path(path.anchor.upper())
    for part in path.parts[1:]:
        if os.path.lexists(found / part) and os.path.lexists(found / part.swapcase()) and part != part.swapcase():
            part = _listed(found, part)
        found /= part
    return found


def _listed(directory: Path, part: str) -> str:
    try:
        names = os.listdir(directory)
    except OSError:
        # It can be passed through and not be listed: what was asked for is as good.
        return part
    return part if part in names else next((name for name in names if folded(name) == folded(part)), part)
