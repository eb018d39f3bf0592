# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make, start, stop and show Windows test hosts: up [NAME …], stop [NAME …], remove [NAME …], status."""

from __future__ import annotations

import argparse
import sys
import time

import yaml

from .settings import Impossible
from .station import Station


def main() -> int:
    """Return 0 when done, 1 when this machine cannot have a Windows host."""
    parser = argparse.ArgumentParser(prog="windows-host", description=__doc__)
    parser.add_argument("action", choices=["up", "stop", "remove", "status"])
    parser.add_argument("name", nargs="*")
    arguments = parser.parse_args()
    try:
        station = Station()
        _ACTIONS[arguments.action](station, arguments.name)
    except Impossible as error:
        print(f"windows-host: {error}", file=sys.stderr)
        return 1
    return 0


def _up(station: Station, names: list[str]) -> None:
    begin = time.monotonic()
    station.prepare()
    for name in names or ["windows1"]:
        station.host(name).start()
    _status(station, names or ["windows1"])
    print(f"# ready after {time.monotonic() - begin:.1f} s; state in {station.state}")


def _stop(station: Station, names: list[str]) -> None:
    for host in station.hosts():
        if not names or host.name in names:
            host.stop()


def _remove(station: Station, names: list[str]) -> None:
    for host in station.hosts():
        if not names or host.name in names:
            host.remove()


def _status(station: Station, names: list[str]) -> None:
    hosts = [host for host in station.hosts() if not names or host.name in names]
    running = {host.name: host.inventory_vars for host in hosts if host.running}
    for host in hosts:
        if not host.running:
            print(f"# {host.name} is stopped")
    if running:
        print(yaml.safe_dump({"all": {"hosts": running}}, sort_keys=False), end="")


_ACTIONS = {"up": _up, "stop": _stop, "remove": _remove, "status": _status}

if __name__ == "__main__":
    sys.exit(main())
