#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark: one run, every contest, a table and a JSON document. See docs/PERFORMANCE.md for how to read them."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT / ".collections"))

from ansible_collections.hermetic.python.bench import (  # noqa: E402
    bundle_install,
    first_build,
    fleet,
    machine,
    memory,
    no_change,
    patch_release,
    peaks,
    prebuilt,
    report,
    scale,
    script_run,
    stored,
    verification,
    windows,
)
from ansible_collections.hermetic.python.bench.change import Key, changes  # noqa: E402
from ansible_collections.hermetic.python.bench.command import CommandFailed  # noqa: E402
from ansible_collections.hermetic.python.bench.comparison import Comparison  # noqa: E402
from ansible_collections.hermetic.python.bench.ingredients import Ingredients, gather, missing_tools  # noqa: E402
from ansible_collections.hermetic.python.bench.workspace import workspace  # noqa: E402
from ansible_collections.hermetic.python.tests.machines.podman import PodmanFailed  # noqa: E402
from ansible_collections.hermetic.python.tests.machines.podman import why_not as why_no_machines  # noqa: E402

ROWS = (
    "no-change",
    "first-build",
    "prebuilt",
    "patch-release",
    "verification",
    "memory",
    "bundle-install",
    "script-run",
    "fleet",
    "windows",
)
ON_REQUEST = ("scale",)
"""What takes long and is compared with nothing."""
Stored = tuple[dict[Key, list[float]], dict[str, Any]]
_TOOLS = {
    "no-change": ("bash",),
    "first-build": ("bash",),
    "prebuilt": ("bash",),
    "patch-release": ("bash", "xargs"),
    "verification": ("bash", "find", "xargs", "sha256sum"),
    "bundle-install": ("bash", "curl", "tar", "sha256sum"),
    "script-run": ("bash",),
}


def main() -> int:
    """Run what the command line asks for; a missed aim is shown and is no failure, a row that became slower is one."""
    arguments = _arguments()
    try:
        before = stored.read(arguments.compare) if arguments.compare else None
    except (OSError, ValueError) as error:
        print(f"There is nothing to compare with: {error}", file=sys.stderr)
        return 2
    rows = tuple(dict.fromkeys(arguments.only or ROWS))
    skipped = {row: reason for row in rows if (reason := _why_not(row))}
    rows = tuple(row for row in rows if row not in skipped)
    began = time.monotonic()

    def tell(text: str) -> None:
        print(f"[{time.monotonic() - began:5.0f} s] {text}", file=sys.stderr, flush=True)

    measured: list[Comparison | peaks.Peak] = []
    try:
        with workspace(arguments.directory, keep=arguments.keep) as space:
            made = gather(space, python=arguments.python, environments=max(no_change.SIZES), tell=tell)
            described = machine.describe(space.base, python=made.python, python_version=made.python_version, uv=made.uv)
            if "scale" in rows:
                scale.measure(made, hosts=arguments.hosts, machine=described)
            # Keeps what came before a failure.
            measured.extend(_measure(made, rows, rounds=arguments.rounds, full=arguments.full))
            tell("clean up")
    except (CommandFailed, PodmanFailed, OSError) as error:
        # What took minutes to measure is shown; it is no whole run, and so neither stored nor compared.
        print(report.table([each for each in measured if isinstance(each, Comparison)]))
        print(f"The benchmark could not be carried out to its end: {error}", file=sys.stderr)
        return 2
    comparisons = [each for each in measured if isinstance(each, Comparison)]
    found = [each for each in measured if isinstance(each, peaks.Peak)]
    print(report.table(comparisons))
    print(report.summary(comparisons, found))
    for line in (*report.controller(comparisons), *peaks.lines(found)):
        print(line)
    for row, reason in skipped.items():
        print(f"Skipped: {row} ({reason})")
    document = report.document(comparisons, peaks=found, machine=described, skipped=skipped, seconds=time.monotonic() - began)
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps(document, indent=1) + "\n")
    print(f"Every single time: {arguments.json}")
    if arguments.store:
        stored.write(arguments.store, stored.with_earlier_rows(arguments.store, stored.document(measured, described)))
        print(f"Stored the ratios: {arguments.store}")
    return _judged(before, measured, described) if before else 0


def _judged(before: Stored, measured: Sequence[Comparison | peaks.Peak], described: Mapping[str, Any]) -> int:
    """Print how the run differs from a stored one, and return 1 when a row became slower."""
    rows, kind = before
    for difference in stored.other_kind(kind, described):
        print(f"Stored on another kind of machine, so that ratios may differ for that reason: {difference}")
    compared = changes(rows, stored.by_key(measured))
    for line in stored.lines(compared):
        print(line)
    return 1 if compared.slower else 0


def _why_not(row: str) -> str | None:
    """Return in one line why this machine cannot hold a contest; None where it can."""
    if lacking := missing_tools(_TOOLS.get(row, ())):
        return f"not installed: {', '.join(lacking)}"
    reasons: dict[str, Callable[[], str | None]] = {
        "fleet": why_no_machines,
        "windows": windows.why_impossible,
        "memory": memory.why_impossible,
    }
    hosts = reasons.get(row)
    return hosts() if hosts else None


def _measure(made: Ingredients, rows: tuple[str, ...], *, rounds: int | None, full: bool) -> Iterator[Comparison | peaks.Peak]:
    if "bundle-install" in rows:
        yield from bundle_install.compare(made, rounds=rounds)
    if "first-build" in rows:
        yield from first_build.compare(made, rounds=rounds)
    if "prebuilt" in rows:
        yield from prebuilt.compare(made, rounds=rounds)
    if "patch-release" in rows:
        yield from patch_release.compare(made, rounds=rounds)
    if "script-run" in rows:
        yield from script_run.compare(made, rounds=rounds)
    if {"no-change", "verification", "memory"}.intersection(rows):
        roots = no_change.converge_hosts(made, no_change.SIZES if {"no-change", "memory"}.intersection(rows) else verification.SIZES)
        if "no-change" in rows:
            yield from no_change.compare(made, roots, rounds=rounds, full=full)
        if "verification" in rows:
            yield from verification.compare(made, roots, rounds=rounds)
        if "memory" in rows:
            yield from memory.measure(made, roots, rounds=rounds)
    if "fleet" in rows:
        yield from fleet.compare(made, rounds=rounds, full=full)
    if "windows" in rows:
        yield from windows.compare(made, rounds=rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=_count, metavar="N", help="rounds of every contest (default: 7, less for what takes very long)")
    parser.add_argument(
        "--only",
        choices=(*ROWS, *ON_REQUEST),
        action="append",
        metavar="ROW",
        help=f"only these rows; may be given again: {', '.join(ROWS)}; and, only if they are named, {', '.join(ON_REQUEST)}",
    )
    parser.add_argument(
        "--full", action="store_true", help="also the pip module over 20 environments, and more than once on a fleet, which takes minutes"
    )
    parser.add_argument(
        "--json", type=Path, metavar="FILE", default=PROJECT / ".bench" / "result.json", help="where the JSON document goes (%(default)s)"
    )
    parser.add_argument(
        "--directory", type=Path, metavar="DIR", default=PROJECT / ".bench", help="where the run makes its own directory (%(default)s)"
    )
    parser.add_argument("--compare", type=Path, metavar="FILE", help="compare with a stored result; ends with 1 when a row became slower")
    parser.add_argument(
        "--store",
        type=Path,
        metavar="FILE",
        help="store the ratios of this run, to compare later ones with; other rows stay as stored",
    )
    parser.add_argument("--hosts", type=_count, default=1000, metavar="N", help="hosts of the row scale (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="leave that directory there")
    parser.add_argument(
        "--python", type=Path, metavar="PATH", default=Path(getattr(sys, "_base_executable", sys.executable)).resolve(),
        help="the Python that the bundle and the other side's environments are made from (%(default)s)",
    )  # fmt: skip
    return parser.parse_args()


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise argparse.ArgumentTypeError("at least 1 round is needed")
    return count


if __name__ == "__main__":
    sys.exit(main())
