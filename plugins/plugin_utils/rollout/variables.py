# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which variables that were given are none that the playbook reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from ...module_utils.hermetic.text.grammar import shown


def unknown(given: Iterable[object], *, known: Iterable[str], prefix: str) -> list[str]:
    """Return a sentence about each name with the prefix that is not known, with the nearest one that is."""
    names = {name.removeprefix(prefix): name for name in sorted(known)}
    found = sorted(name for name in map(str, given) if name.startswith(prefix) and name.removeprefix(prefix) not in names)
    return [f"{shown(name)} is not a variable of this playbook{_hint(name.removeprefix(prefix), names)}." for name in found]


def _hint(name: str, names: Mapping[str, str]) -> str:
    # Without what all of them begin with, which would make any two of them near.
    nearest = get_close_matches(name, names, n=1)
    return f", the nearest is {names[nearest[0]]}" if nearest else ""
