# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of releases such as ``3.12.11+4``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.version import InvalidVersion, Version

_DIGITS = re.compile(r"[0-9]{1,64}")


def newest_first(releases: Iterable[str]) -> list[str]:
    """Return the releases sorted, the newest first; names that are no versions come last."""
    return sorted(releases, key=_rank, reverse=True)


def _rank(release: str) -> tuple[bool, Version, list[tuple[int, str]]]:
    pieces = [(int(piece) if _DIGITS.fullmatch(piece) else -1, piece) for piece in re.split(r"[.+_-]|(?<=\d)(?=\D)", release)]
    try:
        return True, Version(release), pieces
    except InvalidVersion:
        return False, Version("0"), pieces
