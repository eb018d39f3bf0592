#!/usr/bin/env python3
# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a drift report over a large fleet costs: gathering on the way, writing every format at the end, and memory for both.

Stands apart from the contests: no other tool does this work, so each row has a bound instead of a rival.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT / ".collections"), str(PROJECT / "tests" / "report")]

SECONDS, MEGABYTES = 10.0, 500
"""The bounds for 10,000 hosts."""
FLAT = 2.0
"""Megabytes that gathering may grow by from the first thousand hosts to the last, apart from the names of the hosts."""


def write(hosts: int, directory: Path) -> dict[str, Any]:
    """Write every format of a generated fleet, without and with a history."""
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import WRITERS, write_report
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.history import remember
    from generated_fleet import fleet

    report = fleet(hosts, 1)
    before = peak()
    took = {}
    for kind in WRITERS:
        begun = time.monotonic()
        write_report(report, directory, "drift", formats=[kind])
        took[kind] = round(time.monotonic() - begun, 3)
    for kind in ("first run into the history", "second run into the history"):
        begun = time.monotonic()
        remember(directory / "history.sqlite", "drift", report, days=400)
        took[kind] = round(time.monotonic() - begun, 3)
    sizes = {path.name: round(path.stat().st_size / 1e6, 2) for path in sorted(directory.iterdir())}
    return {"seconds": took, "megabytes of files": sizes, "megabytes before": before, "megabytes": peak()}


def gather(hosts: int, directory: Path) -> dict[str, Any]:
    """Record an answer of every host, as the callback does, and make the report of them."""
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import answer
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Recording
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import ARGUMENT_SPEC, parse_settings
    from generated_fleet import fleet

    made = fleet(1000, 1)
    answers = [(entry, made["declarations"].get(entry["declared"], {})) for entry in made["hosts"].values()]
    defaults = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
    recording = Recording(parse_settings({**defaults, "directory": str(directory), "history": False}))
    recording.expect((f"host{number:06}", ("web", f"dc{number % 7}"), True) for number in range(hosts))
    grown, begun = [], time.monotonic()
    for number in range(hosts):
        entry, declared = answers[number % len(answers)]
        result = {"findings": entry["findings"], "generation": {"before": 42}, "bundles": {"python": "3.12.1+4"}, "declared": declared}
        event = answer(f"host{number:06}", "drift", "|", result, check=False, at="2026-11-24T18:01:00Z")
        if event is not None:
            recording.heard(event, verify="deep")
        if number % 1000 == 999:
            grown.append(now())
    gathering = time.monotonic() - begun
    begun = time.monotonic()
    recording.finish(complete=True)
    return {
        "milliseconds for each host": round(gathering * 1000 / hosts, 3),
        "megabytes grown while gathering": round(grown[-1] - grown[0], 2),
        "seconds to make and write the report": round(time.monotonic() - begun, 2),
        "megabytes": peak(),
    }


def peak() -> int:
    """Return the most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def now() -> float:
    """Return the memory that this process has, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> int:
    """Run each part in a process of its own, whose memory is then that of the part; ends with 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=10_000, metavar="N", help="size of the fleet (%(default)s)")
    parser.add_argument("--part", choices=("write", "gather"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        with tempfile.TemporaryDirectory() as directory:
            part = write if arguments.part == "write" else gather
            print(json.dumps(part(arguments.hosts, Path(directory))))
        return 0
    results = {}
    for name in ("write", "gather"):
        command = [sys.executable, __file__, "--hosts", str(arguments.hosts), "--part", name]
        results[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(results, indent=1))
    seconds = sum(results["write"]["seconds"].values())
    most = max(result["megabytes"] for result in results.values())
    grown = results["gather"]["megabytes grown while gathering"]
    print(f"All formats and two runs of history: {seconds:.1f} s (bound {SECONDS:g} s); at most {most} MB (bound {MEGABYTES} MB)")
    print(f"Grown while gathering: {grown} MB (bound {FLAT:g} MB)")
    return 0 if seconds < SECONDS and most < MEGABYTES and grown < FLAT else 1


if __name__ == "__main__":
    sys.exit(main())
