# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many roots on this machine as a fleet, by a local connection: what a controller spends for each host, and what goes to and fro.

Processor time and not the clock, since all hosts share the cores. What the hosts do themselves is noted by the connection and subtracted.
``docs/SCALE.md`` is computed from the stored result (``scale_pages.py``).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from statistics import median
from typing import Any

from . import documents
from .command import Command, run, timed
from .file_server import serve
from .ingredients import Ingredients
from .workspace import PROJECT

ENVIRONMENTS = 2
FORKS = 20
_ROUNDS = 3
REPORTS = 10_000
RESULT = PROJECT / "bench" / "results" / "scale" / "x86_64-2-cores-ext4.json"


def measure(made: Ingredients, *, hosts: int, machine: dict[str, Any], result: Path = RESULT) -> None:
    """Write what so many hosts cost; one of them as well, so that what a run costs before its first host is known."""
    base = made.space.base / "scale"
    base.mkdir()
    roots = _roots(made, base, hosts)
    made.tell(f"run over one and over {hosts} hosts as they are declared")
    single, large = (_cost(made, roots[:number]) for number in (1, hosts))
    by_host = (large.controller - single.controller) / (hosts - 1)
    found = {
        "format": 1,
        "machine": machine,
        "hosts": hosts,
        "forks": FORKS,
        "environments": ENVIRONMENTS,
        "controller": {
            "seconds before the first host": round(single.controller - by_host, 2),
            "seconds for each host": round(by_host, 4),
            **_carried(made, roots[0]),
        },
        "host": {"seconds": round(large.hosts / hosts, 4)},
        "pull": {"seconds": round(single.whole, 2), **_asked(made, roots[0])},
        "merge": _merged(),
    }
    result.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    made.tell(f"stored {result}")
    for root in roots:
        shutil.rmtree(root)


def _roots(made: Ingredients, base: Path, hosts: int) -> list[Path]:
    """Make roots that share their files: copies of one by hard links, which a run then brings to their declared state."""
    made.tell(f"make {hosts} roots with {ENVIRONMENTS} environments, which share their files")
    roots = [base / f"host{number:06}" for number in range(hosts)]
    run(_play(made, roots[:1], shows="changed=1"))
    for root in roots[1:]:
        shutil.copytree(roots[0], root, symlinks=True, copy_function=_link)
    for start in range(1, hosts, 100):
        made.tell(f"converge the hosts from {start} on")
        run(_play(made, roots[start : start + 100], shows=r"changed=\d"))
    return roots


def _link(source: str, target: str) -> None:
    Path(target).hardlink_to(source) if not Path(source).is_symlink() else shutil.copy2(source, target, follow_symlinks=False)


def _play(made: Ingredients, roots: list[Path], *, shows: str, repository: str | None = None) -> Command:
    hosts = {root.name: {"ansible_connection": "counted", "bench_root": str(root)} for root in roots}
    inventory = made.space.write(f"scale/hosts-{roots[0].name}-{len(roots)}.yml", documents.inventory(hosts))
    locks = {made.environment_name(number): made.locks[number] for number in range(ENVIRONMENTS)}
    task = documents.system_task(
        "{{ bench_root }}", repository=repository or str(made.repository), locks=locks, wheels=made.wheel_directory
    )
    text = json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}])
    every = rf"(?:\S+ +: ok=1 +{shows} .*\n){{{len(roots)}}}"
    command = made.playbook("scale", text, shows=every)
    variables = {
        "ANSIBLE_CONNECTION_PLUGINS": str(PROJECT / "bench" / "connection_plugins"),
        "ANSIBLE_PIPELINING": "1",
        "COUNTED_EXCHANGES": str(_exchanges(made)),
    }
    words = (*command.words, "--inventory", str(inventory), "--forks", str(FORKS))
    return replace(command, words=words, environment={**command.environment, **variables})


def _exchanges(made: Ingredients) -> Path:
    """Return the file to which the connection appends a line for each exchange with a host."""
    path = made.space.base / "scale" / "exchanges.jsonl"
    path.touch()
    return path


@dataclass(frozen=True)
class _Spent:
    """Seconds of processor time of one run: of all, and of the commands on the hosts alone."""

    whole: float
    hosts: float

    @property
    def controller(self) -> float:
        return self.whole - self.hosts


def _cost(made: Ingredients, roots: list[Path]) -> _Spent:
    """Return what a run costs that changes nothing, as the median of the rounds by what the controller spent."""
    rounds = [_spent(made, roots) for _round in range(_ROUNDS if len(roots) <= 100 else 1)]
    return sorted(rounds, key=lambda spent: spent.controller)[len(rounds) // 2]


def _spent(made: Ingredients, roots: list[Path]) -> _Spent:
    command = _play(made, roots, shows="changed=0")
    _exchanges(made).write_bytes(b"")
    whole = timed(command).cpu
    return _Spent(whole, sum(line.get("seconds", 0) for line in _noted(made)))


def _noted(made: Ingredients) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _exchanges(made).read_text().splitlines()]


def _merged() -> dict[str, Any]:
    """Return what merging the reports of hosts that pull costs."""
    command = [sys.executable, str(PROJECT / "bench" / "fleet_report.py"), "--part", "merge", "--hosts", str(REPORTS)]
    found = [json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _round in range(_ROUNDS)]
    return {
        "reports": REPORTS,
        "seconds": median(each["seconds of processor time"] for each in found),
        "kilobytes of one report": found[0]["kilobytes of one report"],
        "megabytes": max(each["megabytes"] for each in found),
    }


def _carried(made: Ingredients, root: Path) -> dict[str, int]:
    """Return the exchanges with a host, and the bytes to it and from it, of a run that changes nothing."""
    _spent(made, [root])
    lines = _noted(made)
    return {
        "exchanges": len(lines),
        "bytes to a host": sum(line["sent"] for line in lines),
        "bytes from a host": sum(line["received"] for line in lines),
    }


class _Counting(SimpleHTTPRequestHandler):
    """Notes each request, and the bytes of its answer."""

    requests: list[int]

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Note the request; what it sends is counted where it is sent."""
        del code, size
        self.requests.append(0)

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file and count it."""
        content = source.read()
        self.requests[-1] += len(content)
        outputfile.write(content)


@contextmanager
def _counting(directory: Path) -> Iterator[tuple[str, list[int]]]:
    noted: list[int] = []
    with serve(directory, handler=type("Noting", (_Counting,), {"requests": noted})) as address:
        yield address, noted


def _asked(made: Ingredients, root: Path) -> dict[str, int]:
    """Return what a host that is its own controller asks of the repository, in a run that changes nothing."""
    with _counting(made.repository.parent) as (address, noted):
        command = _play(made, [root], shows="changed=0", repository=f"{address}/repository")
        # An unsigned index over http is for a test of this machine only.
        text = Path(command.words[1]).read_text().replace('"find_links"', '"allow_unsigned": true, "find_links"')
        command = replace(command, words=(command.words[0], str(made.space.write("plays/scale-http.yml", text)), *command.words[2:]))
        run(command)
        noted.clear()
        run(command)
    return {"requests": len(noted), "bytes from the repository": sum(noted)}
