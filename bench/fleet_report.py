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
MERGE_SECONDS, MERGE_MEGABYTES = 30.0, 500
"""The bounds for the merge of 10,000 reports that hosts left of themselves, with every format and a history; of processor time."""
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


def merge(hosts: int, directory: Path) -> dict[str, Any]:
    """Merge the reports that hosts left of themselves, of which one in twenty is damaged, half uploaded, too large or hostile."""
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import assemble, declaration_key
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import Policy
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.pulled import LARGEST
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import json_text
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import merge_hosts
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import now as this_moment
    from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import ARGUMENT_SPEC, parse_settings
    from generated_fleet import fleet

    place, moment = directory / "pulled", this_moment()
    place.mkdir()
    made = fleet(1000, 1)
    run = {**made["run"], "started": moment, "ended": moment, "complete": True}
    keys = {key: str(declaration_key(declared)) for key, declared in made["declarations"].items()}
    declarations = {keys[key]: declared for key, declared in made["declarations"].items()}
    entries = [
        {**entry, "checked": entry["checked"] and moment, "declared": keys.get(entry["declared"])} for entry in made["hosts"].values()
    ]
    size = 0
    for number in range(hosts):
        host = f"host{number:06}"
        text = "".join(json_text(assemble(run, {host: entries[number % 1000]}, declarations, Policy())))
        size += len(text)
        if number % 20 == 0:
            text = _of_no_use(number // 20 % 5, text, LARGEST)
        (place / f"{host}.json").write_text(text, encoding="ascii")
    before, begun = peak(), time.process_time()
    settings = parse_settings(
        {**{name: option.get("default") for name, option in ARGUMENT_SPEC.items()}, "directory": str(directory / "all")}
    )
    written = merge_hosts([place], settings, hours=24, expected=[f"host{number:06}" for number in range(hosts + 10)])
    return {
        "seconds of processor time": round(time.process_time() - begun, 2),
        "kilobytes of one report": round(size / hosts / 1e3, 2),
        "hosts": written.report["totals"]["hosts"],
        "not checked": written.report["totals"]["not_checked"],
        "megabytes before": before,
        "megabytes": peak(),
    }


def _of_no_use(kind: int, text: str, largest: int) -> str:
    return ("", text[: len(text) // 2], "[" * largest, text + " " * largest, text[:-2] + ',"more":[' + "{}," * (largest // 4) + "1]}")[kind]


def peak() -> int:
    """Return the most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def now() -> float:
    """Return the memory that this process has, in megabytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1e6


PARTS = {"write": write, "gather": gather, "merge": merge}


def main() -> int:
    """Run each part in a process of its own, whose memory is then that of the part; ends with 1 where a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=10_000, metavar="N", help="size of the fleet (%(default)s)")
    parser.add_argument("--part", choices=tuple(PARTS), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.part:
        with tempfile.TemporaryDirectory() as directory:
            print(json.dumps(PARTS[arguments.part](arguments.hosts, Path(directory))))
        return 0
    results = {}
    for name in PARTS:
        command = [sys.executable, __file__, "--hosts", str(arguments.hosts), "--part", name]
        results[name] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(json.dumps(results, indent=1))
    seconds = sum(results["write"]["seconds"].values())
    most = max(results[name]["megabytes"] for name in ("write", "gather"))
    merging, merging_most = results["merge"]["seconds of processor time"], results["merge"]["megabytes"]
    grown = results["gather"]["megabytes grown while gathering"]
    print(f"All formats and two runs of history: {seconds:.1f} s (bound {SECONDS:g} s); at most {most} MB (bound {MEGABYTES} MB)")
    print(f"Grown while gathering: {grown} MB (bound {FLAT:g} MB)")
    print(f"Merge of reports of hosts: {merging:.1f} s (bound {MERGE_SECONDS:g} s); {merging_most} MB (bound {MERGE_MEGABYTES} MB)")
    return 0 if seconds < SECONDS and max(most, merging_most) < MEGABYTES and grown < FLAT and merging < MERGE_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
