# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a lock says of its specification in ``[tool.hermetic]``: the digest of its text, and what it was resolved for; pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ....module_utils.hermetic.text.grammar import digest_problem, shown

FORMAT = 1
_PREFIX = "sha256:"


@dataclass(frozen=True)
class LockRecord:
    """The table of a lock that this command made."""

    specification: str
    """The SHA-256 of the text of the specification."""
    platforms: tuple[str, ...] = ()
    """The platforms for which every package has a wheel."""
    pythons: tuple[str, ...] = ()
    """The releases (``3.12``) that it was proved for."""

    def as_toml(self) -> dict[str, Any]:
        """Return the table."""
        return {
            "format": FORMAT,
            "specification": _PREFIX + self.specification,
            "platforms": list(self.platforms),
            "pythons": list(self.pythons),
        }


def lock_record(tool: Mapping[str, Any] | None) -> LockRecord | None:
    """Return what the table ``tool`` of a lock says, or None for a lock of another tool; raises ValueError for one that says nonsense."""
    table = (tool or {}).get("hermetic")
    if table is None:
        return None
    if not isinstance(table, Mapping):
        raise ValueError(f"[tool.hermetic] is {shown(table)}; expected a table")
    if table.get("format") != FORMAT:
        raise ValueError(f"[tool.hermetic] has format {shown(table.get('format'))}; this release reads format {FORMAT}")
    digest = table.get("specification")
    if not isinstance(digest, str) or not digest.startswith(_PREFIX) or digest_problem(digest.removeprefix(_PREFIX)):
        raise ValueError(f"[tool.hermetic] specification is {shown(digest)}; expected sha256: and 64 hexadecimal digits")
    return LockRecord(digest.removeprefix(_PREFIX), _texts(table, "platforms"), _texts(table, "pythons"))


def _texts(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = table.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise ValueError(f"[tool.hermetic] {name} is {shown(values)}; expected a list of texts")
    return tuple(values)
