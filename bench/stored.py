# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stored result of a kind of machine: ratios only, all rounds of each row, so that the noise is known; pure but for its file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from .change import CONFIDENCE, TOLERANCE, Change, Changes, Key

_FORMAT = 1
# What decides a ratio; the load and the kernel change from run to run.
_KIND = ("cores", "processor", "architecture", "file_system", "versions")
# What a run counted is part of the title and not of the row: files, inodes, megabytes.
_COUNTED = re.compile(r" \([^()]*\)")


class Row(Protocol):
    """What a row of a report has."""

    @property
    def key(self) -> Key:
        """Row, ours and the other."""

    @property
    def ratios(self) -> list[float]:
        """The ratio of each round."""


def by_key(rows: Sequence[Row]) -> dict[Key, list[float]]:
    """Return the ratios of each row, without what was counted in its title."""
    return {(_COUNTED.sub("", row), ours, other): each.ratios for each in rows for row, ours, other in [each.key]}


def document(rows: Sequence[Row], machine: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is stored of a run."""
    return {
        "format": _FORMAT,
        "machine": {name: machine[name] for name in _KIND if name in machine},
        "rows": [
            {"row": row, "ours": ours, "other": other, "ratios": [round(each, 4) for each in ratios]}
            for (row, ours, other), ratios in by_key(rows).items()
        ],
    }


def read(path: Path) -> tuple[dict[Key, list[float]], dict[str, Any]]:
    """Return the ratios of a stored result and its machine; raises ValueError for a file that holds none."""
    try:
        text = json.loads(path.read_text(encoding="utf-8"))
        if text["format"] != _FORMAT:
            raise ValueError(f"it has the format {text['format']}, and this benchmark reads {_FORMAT}")
        rows = {(each["row"], each["ours"], each["other"]): [float(ratio) for ratio in each["ratios"]] for each in text["rows"]}
        if not all(ratios and min(ratios) > 0 for ratios in rows.values()):
            raise ValueError("a row has no ratios, or one that is not above 0")
        return rows, dict(text["machine"])
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no stored result: {error}. Write one with --store.") from None


def with_earlier_rows(path: Path, made: dict[str, Any]) -> dict[str, Any]:
    """Return a result with the rows that a file holds beside it, so that a run of some rows renews these alone.

    What was stored on another kind of machine is left out, since the file says one kind for all.
    """
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
        read(path)
    except (OSError, ValueError):
        return made
    if other_kind(earlier["machine"], made["machine"]):
        return made
    measured = {(each["row"], each["ours"], each["other"]) for each in made["rows"]}
    kept = [each for each in earlier["rows"] if (each["row"], each["ours"], each["other"]) not in measured]
    return {**made, "rows": [*kept, *made["rows"]]}


def write(path: Path, stored: Mapping[str, Any]) -> None:
    """Write a stored result."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")


def other_kind(stored: Mapping[str, Any], machine: Mapping[str, Any]) -> list[str]:
    """Return in what the machine of a stored result was another one."""
    return [f"{name}: {stored.get(name)} stored, {machine.get(name)} here" for name in _KIND if stored.get(name) != machine.get(name)]


def lines(compared: Changes) -> list[str]:
    """Return the comparison as text, a row a line, and the count of each verdict at the end."""
    width = max((len(_shown(each.key)) for each in compared.rows), default=0)
    found = [f"{each.verdict:<{len('too few rounds')}}  {_shown(each.key):<{width}}  {_factor(each)}" for each in compared.rows]
    found += [f"missing: {_shown(key)} (stored, and not measured in this run)" for key in compared.missing]
    found += [f"new: {_shown(key)} (measured, and not stored)" for key in compared.new]
    verdicts = [each.verdict for each in compared.rows]
    counted = ", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts))
    return [*found, f"Compared with what is stored, at {CONFIDENCE:.0%} and beyond {TOLERANCE:.0%}: {counted or 'no row in both'}."]


def _shown(key: Key) -> str:
    row, ours, other = key
    return f"{row}, {ours} against {other}"


def _factor(each: Change) -> str:
    interval = f" ({each.interval[0]:.2f} to {each.interval[1]:.2f})" if each.interval else ""
    return f"{each.factor:.2f}{interval}"
