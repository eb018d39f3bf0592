# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report while its run goes on: what happens goes into a file at once, and becomes the report when the run is over."""

from __future__ import annotations

import datetime
import secrets
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .document import Report, assemble, declaration_key
from .files import read_report, write_report
from .gathered import gather
from .history import remember
from .merging import merge
from .policy import Policy, read_policy
from .settings import Settings
from .spill import SUFFIX, Spill, events_of, orphans
from .task_result import Event


@dataclass(frozen=True)
class Written:
    """A report and its files by format."""

    report: Report
    files: dict[str, Path]


def now() -> str:
    """Return this moment as every format writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> datetime.date:
    """Return the day that decides whether an entry of the policy has expired; the same on every controller."""
    return datetime.datetime.now(datetime.UTC).date()


class Recording:
    """Records a run; ``finish`` must be called once. Raises HermeticError where nothing could be written in the end."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        # A mistake in the policy is told before the hosts are asked, not after.
        read_policy(settings.policy, today=today())
        self.recovered = recover(settings)
        started = now()
        run_id = f"{started.replace('-', '').replace(':', '')}-{secrets.token_hex(3)}"
        self._spill = Spill(settings.directory, settings.name, {"id": run_id, "started": started, "controllers": [socket.gethostname()]})
        self._groups: dict[tuple[str, ...], int] = {}
        self._inside: dict[str, bool] = {}

    def knows(self, host: str) -> bool:
        """Tell whether a host is listed."""
        return host in self._inside

    def expect(self, hosts: Iterable[tuple[str, Sequence[str], bool]]) -> None:
        """List hosts that the run is about: their name, their groups, and whether they are within ``--limit``."""
        for host, groups, inside in hosts:
            if self._inside.get(host) in (True, inside):
                continue
            self._inside[host] = inside
            if tuple(groups) not in self._groups:
                self._groups[tuple(groups)] = len(self._groups)
                self._spill.add({"event": "groups", "groups": list(groups)})
            self._spill.add({"event": "host", "host": host, "groups": self._groups[tuple(groups)], "inside": inside})

    def heard(self, event: Event, *, verify: str | None = None) -> None:
        """Record an event; ``verify`` says how closely the host was to be looked at."""
        if verify is not None:
            self._spill.add_level(verify)
        if event["event"] == "answer":
            self._spill.add_answer(event, key=declaration_key(event["declared"]) or "")
        else:
            self._spill.add(event)

    def finish(self, *, complete: bool) -> Written:
        """Write the report; what was recorded stays on the disk until that has succeeded."""
        written = _write(self._spill.path, self._spill.events(), self.settings, complete=complete, ended=now())
        self._spill.close(remove=True)
        return written


def recover(settings: Settings) -> list[Written]:
    """Make the reports of runs that were killed, marked incomplete, and return them, the oldest first."""
    recovered = []
    for path in orphans(settings.directory, settings.name):
        recovered.append(_write(path, events_of(path), settings, complete=False, ended=_last_moment(path)))
        path.unlink(missing_ok=True)
    return recovered


def merge_files(paths: Sequence[Path], settings: Settings) -> Written:
    """Merge the JSON reports of several controllers, and what killed runs left, into one report of these settings."""
    policy = read_policy(settings.policy, today=today()) if settings.policy is not None else None
    reports = {str(path): _report_of(path, policy) for path in paths}
    return _finished(merge(reports, policy), settings)


def _report_of(path: Path, policy: Policy | None) -> Report:
    if path.name.endswith(SUFFIX):
        return _assembled(path, events_of(path), policy or Policy(), complete=False, ended=_last_moment(path))
    return read_report(path)


def _write(path: Path, events: Iterable[Event], settings: Settings, *, complete: bool, ended: str) -> Written:
    policy = read_policy(settings.policy, today=today())
    return _finished(_assembled(path, events, policy, complete=complete, ended=ended), settings)


def _assembled(path: Path, events: Iterable[Event], policy: Policy, *, complete: bool, ended: str) -> Report:
    gathered = gather(events, complete=complete)
    run = {"id": path.name.split(".")[-2], "started": ended, "controllers": [], **gathered.run, "ended": ended}
    order = ("id", "started", "ended", "complete", "verify", "controllers")
    return assemble({key: run[key] for key in order}, gathered.hosts, gathered.declarations, policy)


def _finished(report: Report, settings: Settings) -> Written:
    if settings.history:
        report = remember(settings.history_file, settings.name, report, days=settings.history_days)
    files = write_report(report, settings.directory, settings.name, formats=settings.formats, prometheus_file=settings.prometheus_file)
    return Written(report, files)


def _last_moment(path: Path) -> str:
    """Return when a killed run was last known to live."""
    moments = [str(event.get("at") or event.get("started") or "") for event in events_of(path)]
    return max(moments, default="") or now()


def describe(written: Written) -> dict[str, Any]:
    """Return what a program needs to know of a report that was written."""
    totals = written.report["totals"]
    return {"exit": written.report["exit"], "totals": totals, "files": {kind: str(path) for kind, path in written.files.items()}}
