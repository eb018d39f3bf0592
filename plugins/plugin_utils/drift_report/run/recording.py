# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report while its run goes on: what happens goes into a file at once, and becomes the report when the run is over."""

from __future__ import annotations

import datetime
import secrets
import socket
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ..model.document import Report, assemble, declaration_key
from ..model.fold import FoldedEvents, fold
from ..model.merging import merge
from ..model.policy import Policy, read_policy
from ..model.task_result import Event
from ..model.updating import asked, update
from .event_log import SUFFIX, EventLog, events_of, orphans
from .files import keep_for_later, read_earlier, read_report, write_report
from .history import remember
from .own_files import alone_in
from .pulled_reports import merge_pulled
from .settings import HISTORY, Settings
from .shared_directory import make_directory


@dataclass(frozen=True)
class Written:
    """A report and its files by format."""

    report: Report
    """What this run found on the hosts that it asked."""
    files: dict[str, Path]
    whole: Report
    """What is in the files: the same, or what earlier runs found on other hosts as well."""
    problem: str | None = None
    """Why the report that is there was left alone, and this one written beside it; or what was passed over."""


def now() -> str:
    """Return this moment as every format writes it."""
    return datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def today() -> datetime.date:
    """Return the day that decides whether an entry of the policy has expired; the same on every controller."""
    return datetime.datetime.now(datetime.UTC).date()


class Recording:
    """Records a run; ``finish`` must be called once. Raises HermeticError where nothing could be written in the end."""

    def __init__(self, settings: Settings, *, commands: Mapping[str, Any] | None = None) -> None:
        self.settings = settings
        # A mistake in the policy is reported before the hosts are asked, not after; so is a directory that cannot be written.
        read_policy(settings.policy, today=today())
        make_places(settings)
        self.recovered = recover(settings)
        started = now()
        run_id = f"{started.replace('-', '').replace(':', '')}-{secrets.token_hex(3)}"
        about = {"id": run_id, "started": started, "controllers": [socket.gethostname()], "commands": commands}
        self._log = EventLog(settings.directory, settings.name, about)
        self._groups: dict[tuple[str, ...], int] = {}
        self._inside: dict[str, bool] = {}

    def inventory(self, hosts: Iterable[str]) -> None:
        """Record which hosts there are, since a report keeps what is known of those that this run does not ask."""
        if self.settings.update:
            self._log.add({"event": "inventory", "hosts": list(hosts)})

    def knows(self, host: str) -> bool:
        """Return whether a host is listed."""
        return host in self._inside

    def expect(self, hosts: Iterable[tuple[str, Sequence[str], bool]]) -> None:
        """List hosts that the run is about: their name, their groups, and whether they are within ``--limit``."""
        for host, groups, inside in hosts:
            if self._inside.get(host) in (True, inside):
                continue
            self._inside[host] = inside
            if tuple(groups) not in self._groups:
                self._groups[tuple(groups)] = len(self._groups)
                self._log.add({"event": "groups", "groups": list(groups)})
            self._log.add({"event": "host", "host": host, "groups": self._groups[tuple(groups)], "inside": inside})

    def heard(self, event: Event, *, verify: str | None = None) -> None:
        """Record an event; ``verify`` says how closely the host was to be looked at."""
        if verify is not None:
            self._log.add_level(verify)
        if event["event"] == "answer":
            self._log.add_answer(event, key=declaration_key(event["declared"]) or "")
        else:
            self._log.add(event)

    def finish(self, *, complete: bool) -> Written:
        """Write the report; what was recorded stays on the disk until that has succeeded."""
        written = _write(self._log.path, self._log.events(), self.settings, complete=complete, ended=now())
        self._log.close(remove=True)
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
    make_places(settings)
    return _finished(merge(reports, policy), settings, inventory=None, policy=policy or Policy())


def merge_hosts(directories: Sequence[Path], settings: Settings, *, hours: int, expected: Iterable[str]) -> Written:
    """Merge the reports that hosts left of themselves into one report of these settings; none of them is judged by a policy of its own."""
    policy = read_policy(settings.policy, today=today())
    make_places(settings)
    report, problem = merge_pulled(directories, hours=hours, expected=expected, policy=policy)
    written = _finished(report, settings, inventory=None, policy=policy)
    return replace(written, problem=problem)


def make_places(settings: Settings) -> None:
    """Make the directories of a report; raises HermeticError where one cannot be made, or is not safe to write into."""
    try:
        make_directory(settings.directory)
        if settings.prometheus_file is not None:
            make_directory(settings.prometheus_file.parent, of_others=True)
    except OSError as error:
        raise HermeticError(f"The directory {error.filename} cannot be made: {error.strerror}. Name another directory.") from error


def _report_of(path: Path, policy: Policy | None) -> Report:
    if path.name.endswith(SUFFIX):
        return _assembled(path, fold(events_of(path), complete=False), policy or Policy(), ended=_last_moment(path))
    return read_report(path)


def _write(path: Path, events: Iterable[Event], settings: Settings, *, complete: bool, ended: str) -> Written:
    policy = read_policy(settings.policy, today=today())
    folded = fold(events, complete=complete)
    return _finished(_assembled(path, folded, policy, ended=ended), settings, inventory=folded.inventory, policy=policy)


def _assembled(path: Path, folded: FoldedEvents, policy: Policy, *, ended: str) -> Report:
    run = {
        "id": path.name.split(".")[-2],
        "started": ended,
        "controllers": [],
        "commands": None,
        **folded.run,
        "ended": ended,
        "base": None,
    }
    order = ("id", "started", "ended", "complete", "verify", "controllers", "commands", "base")
    return assemble({key: run[key] for key in order}, folded.hosts, folded.declarations, policy)


def _finished(report: Report, settings: Settings, *, inventory: Set[str] | None, policy: Policy) -> Written:
    """Write a report; with an ``inventory``, what is known of hosts that were not asked stays in it."""
    name, prometheus_file, problem = settings.name, settings.prometheus_file, None
    directory = make_directory(settings.directory)
    with alone_in(directory):
        earlier = None
        try:
            earlier = read_earlier(directory, name) if inventory is not None and inventory - asked(report) else None
        except HermeticError as error:
            name, prometheus_file = f"{name}-{report['run']['id']}", None
            problem = (
                f"{error.message} This run did not ask every host of the inventory, so that file was not replaced: "
                f"what was found is in {name}.* beside it. Move it away, or name another report."
            )

        def whole(made: Report) -> Report:
            return made if earlier is None or inventory is None else update(earlier, made, inventory, policy)

        if settings.history:
            report, all_hosts = remember(directory / HISTORY, settings.name, report, days=settings.history_days, whole=whole)
        else:
            all_hosts = whole(report)
        files = write_report(all_hosts, directory, name, formats=settings.formats, prometheus_file=prometheus_file)
        if settings.update:
            keep_for_later(all_hosts, directory, name, formats=settings.formats)
    return Written(report, files, all_hosts, problem)


def _last_moment(path: Path) -> str:
    """Return when a killed run was last known to live."""
    moments = [str(event.get("at") or event.get("started") or "") for event in events_of(path)]
    return max(moments, default="") or now()
