#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of docs/SCALE.md, computed from a stored result of the row ``scale``; prints them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
RESULT = PROJECT / "bench" / "results" / "scale" / "x86_64-2-cores-ext4.json"
FLEETS = (1_000, 10_000, 100_000)
CORES, SLICES = 8, 10
"""Cores of a controller, and of each execution node; slices of a job of AWX."""
INTERVAL = 1800
"""Seconds from one run of a host that pulls to the next."""


def measured(found: Mapping[str, Any]) -> str:
    """Return the table of what was measured."""
    rows = (
        ("a run before its first host", f"{found['controller']['seconds before the first host']:.2f} s of processor time"),
        ("the controller, for each host", f"{found['controller']['seconds for each host']:.3f} s of processor time"),
        ("a host, for itself", f"{found['host']['seconds']:.3f} s of processor time"),
        ("exchanges with a host, with pipelining", str(found["controller"]["exchanges"])),
        ("bytes to a host, from a host", f"{found['controller']['bytes to a host']:,}, {found['controller']['bytes from a host']:,}"),
        ("a host that pulls: one play on itself", f"{found['pull']['seconds']:.2f} s of processor time"),
        (
            "a host that pulls: requests to the repository",
            f"{found['pull']['requests']} ({found['pull']['bytes from the repository']} bytes of content)",
        ),
        (
            f"merging {found['merge']['reports']:,} reports of hosts that pull",
            f"{found['merge']['seconds']:.1f} s of processor time, {found['merge']['megabytes']} MB",
        ),
    )
    return _table(("unchanged run", "measured"), rows)


def computed(found: Mapping[str, Any]) -> str:
    """Return the table of what fleets cost."""
    return _table(
        ("hosts", "one controller", "each of the slices", "traffic of a push", "pull: requests", "pull: reports", "pull: merge"),
        _fleets(found),
    )


def _fleets(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    before, each = found["controller"]["seconds before the first host"], found["controller"]["seconds for each host"]
    merge = found["merge"]
    carried = found["controller"]["bytes to a host"] + found["controller"]["bytes from a host"]
    for hosts in FLEETS:
        whole, slice_of_it = before + hosts * each, before + hosts / SLICES * each
        yield (
            f"{hosts:,}",
            f"{_duration(whole)} of processor time, at least {_duration(whole / CORES)}",
            f"{_duration(slice_of_it)}, at least {_duration(slice_of_it / CORES)}",
            f"{hosts * carried / 1e9:.2f} GB",
            f"{hosts * found['pull']['requests'] / INTERVAL:.1f} per second",
            f"{hosts / INTERVAL:.1f} per second, {hosts * merge['kilobytes of one report'] / INTERVAL:.1f} kB/s",
            _duration(hosts * merge["seconds"] / merge["reports"]),
        )


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]] | tuple[tuple[str, ...], ...]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def main() -> None:
    """Print the tables."""
    found = json.loads(RESULT.read_text(encoding="utf-8"))
    print(measured(found))
    print(computed(found))


if __name__ == "__main__":
    main()
