# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table for people and the document for programs; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .comparison import Comparison
from .peaks import Peak

_HEAD = ("what", "ours", "other", "ours s", "other s", "ratio", "min to max", "cpu", "n", "aim", "")


def table(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as a Markdown table whose columns line up."""
    lines = [_HEAD, *(_cells(each) for each in comparisons)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]
    rule = ["-" * width for width in widths]
    return "".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |\n"
        for line in [lines[0], rule, *lines[1:]]
    )


def _cells(comparison: Comparison) -> tuple[str, ...]:
    told = comparison.as_dict()
    ratio = told["ratio"]
    return (
        comparison.row,
        comparison.ours.name,
        comparison.other.name,
        _time(told["ours"]["median"]),
        _time(told["other"]["median"]),
        f"{ratio['median']:.2f}",
        f"{ratio['min']:.2f} to {ratio['max']:.2f}",
        f"{told['cpu_ratio']:.2f}",
        str(told["rounds"]),
        "" if comparison.aim is None else f"≤ {comparison.aim:g}",
        comparison.verdict,
    )


def _time(seconds: float) -> str:
    return f"{seconds:.1f}" if seconds >= 10 else f"{seconds:.2f}" if seconds >= 1 else f"{seconds:.3f}"


def controller(comparisons: Sequence[Comparison]) -> list[str]:
    """Return a line for each comparison over several hosts: what a host costs the controller."""
    return [
        f"{each.row}: the controller worked {each.cpu_per_host[0]:.3f} s of processor time for each host with {each.ours.name}, "
        f"{each.cpu_per_host[1]:.3f} s with {each.other.name}"
        for each in comparisons
        if each.hosts > 1
    ]


def document(
    comparisons: Sequence[Comparison], *, peaks: Sequence[Peak], machine: Mapping[str, Any], skipped: Mapping[str, str], seconds: float
) -> dict[str, Any]:
    """Return everything that a run found out."""
    return {
        "format": 1,
        "machine": dict(machine),
        "rows": [each.as_dict() for each in comparisons],
        "memory": [each.as_dict() for each in peaks],
        "skipped": dict(skipped),
        "seconds": round(seconds),
    }


def summary(comparisons: Sequence[Comparison], peaks: Sequence[Peak]) -> str:
    """Return one line on the aims."""
    judged = [verdict for verdict in (*(each.verdict for each in comparisons), *(each.verdict for each in peaks)) if verdict]
    missed = [f"{each.row} against {each.other.name} ({each.ratio:.2f} > {each.aim:g})" for each in comparisons if each.verdict == "MISS"]
    missed += [f"peak memory, {each.row} ({each.megabytes:.1f} MB > {each.aim:g})" for each in peaks if each.verdict == "MISS"]
    if not judged:
        return "No row of this run has an aim."
    return f"{len(judged) - len(missed)} of {len(judged)} aims reached" + (f"; missed: {'; '.join(missed)}" if missed else ".")
