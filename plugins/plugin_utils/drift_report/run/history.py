# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What earlier runs found: every run, every host, and every finding with when it was first seen, last seen and resolved.

One SQLite file; who calls holds the lock of its directory. Reports of different names have histories of their own.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ..model.document import NOT_CHECKED, Report, counted
from .own_files import private_copy

VERSION = 1
TREND = 400
"""Runs that a report shows."""
OLDEST = 100
"""Findings that a report shows as open longest."""

_TABLES = """
CREATE TABLE runs (report TEXT, id TEXT, started TEXT, ended TEXT, complete INTEGER, verify TEXT, controllers TEXT, exit INTEGER, hosts INTEGER,
    clean INTEGER, pending INTEGER, tampered INTEGER, interrupted INTEGER, not_checked INTEGER, findings INTEGER, PRIMARY KEY (report, id));
CREATE TABLE hosts (report TEXT, host, state TEXT, reason TEXT, since TEXT, first_seen TEXT, last_seen TEXT, last_checked TEXT,
    PRIMARY KEY (report, host)) WITHOUT ROWID;
CREATE TABLE findings (report TEXT, host, subject, kind, path, cause TEXT, severity TEXT, counts INTEGER,
    first_seen TEXT, last_seen TEXT, resolved TEXT);
CREATE UNIQUE INDEX open_findings ON findings (report, host, subject, kind, path) WHERE resolved IS NULL;
CREATE INDEX resolved_findings ON findings (resolved) WHERE resolved IS NOT NULL;
"""
_TREND_KEYS = ("clean", "pending", "tampered", "interrupted", "not_checked", "findings")
_Key = tuple[str, str, str, str]


def remember(path: Path, name: str, report: Report, *, days: int, whole: Callable[[Report], Report] | None = None) -> tuple[Report, Report]:
    """Add a run to the history; return its document with what the history knows, and that of all hosts; drop what is older than ``days``.

    ``whole`` puts the document of a run over some hosts into that of all hosts, which is what the trend is about. A run that is known
    already is not added twice. Raises HermeticError where the file is no history of this release.
    """
    moment = report["run"]["ended"]
    with _writing(path) as database:
        known = dict(_open_findings(database, name))
        report = {**report, "hosts": {host: _dated(host, entry, known, moment) for host, entry in report["hosts"].items()}}
        resolved: list[dict[str, str]] = []
        # What a run that was killed had found is reported by the next one, and takes nothing back that was found since.
        if _latest(database, name) <= moment:
            found = {_key(host, finding) for host, entry in report["hosts"].items() for finding in entry["findings"]}
            checked = {host for host, entry in report["hosts"].items() if entry["state"] != NOT_CHECKED}
            gone = [key for key in known if key[0] in checked and key not in found]
            resolved = _resolved(database, name, gone)
            _remember_findings(database, name, report)
            database.executemany(
                "UPDATE findings SET resolved = ?"
                " WHERE report = ? AND host = ? AND subject = ? AND kind = ? AND path = ? AND resolved IS NULL",
                [(moment, name, *map(_stored, key)) for key in gone],
            )
            _remember_hosts(database, name, report)
        report = counted({**report, "history": {"trend": [], "resolved": resolved, "oldest": []}}, resolved=len(resolved))
        all_hosts = whole(report) if whole is not None else report
        _remember_run(database, name, {**all_hosts, "run": report["run"]})
        _prune(database, moment, days)
        reports = tuple(_with_history(database, name, each) for each in (report, all_hosts))
    return reports[0], reports[1]


def _with_history(database: sqlite3.Connection, name: str, report: Report) -> Report:
    """Return a document with the runs so far, and with what is open longest on its own hosts; of others it knows nothing."""
    trend, oldest = _trend(database, name), _oldest(database, name, set(report["hosts"]))
    return {**report, "history": {"trend": trend, "resolved": report["history"]["resolved"], "oldest": oldest}}


def _key(host: str, finding: Mapping[str, Any]) -> _Key:
    return host, finding["subject"], finding["kind"], finding["path"] or ""


def _dated(host: str, entry: Mapping[str, Any], known: Mapping[_Key, str], moment: str) -> dict[str, Any]:
    """Return a host with when each of its findings was first seen; a run that is recorded twice finds the same things new."""
    firsts = [known.get(_key(host, finding), moment) for finding in entry["findings"]]
    findings = [{**finding, "first_seen": first, "new": first == moment} for finding, first in zip(entry["findings"], firsts, strict=True)]
    return {**entry, "findings": findings}


def _latest(database: sqlite3.Connection, name: str) -> str:
    return str(database.execute("SELECT coalesce(max(ended), '') FROM runs WHERE report = ?", (name,)).fetchone()[0])


def _remember_findings(database: sqlite3.Connection, name: str, report: Report) -> None:
    moment = report["run"]["ended"]
    database.executemany(
        "INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)"
        " ON CONFLICT (report, host, subject, kind, path) WHERE resolved IS NULL DO UPDATE SET"
        " cause = excluded.cause, severity = excluded.severity, counts = excluded.counts, last_seen = excluded.last_seen",
        (
            (name, *map(_stored, _key(host, finding)), *(finding[key] for key in ("cause", "severity", "counts")), moment, moment)
            for host, entry in report["hosts"].items()
            for finding in entry["findings"]
        ),
    )


@contextmanager
def _writing(path: Path) -> Iterator[sqlite3.Connection]:
    """Hold the history alone; everything that is written becomes visible in one step."""
    try:
        # SQLite opens a file and its journal by name, so it gets a copy where nobody else can put such names.
        with private_copy(path) as copy, closing(sqlite3.connect(copy, isolation_level=None)) as database:
            database.text_factory = lambda data: data.decode("utf-8", "surrogatepass")
            # What fails leaves the copy behind, and the history is as it was.
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute("BEGIN IMMEDIATE")
            _check_version(database, path)
            yield database
            database.execute("COMMIT")
    except (sqlite3.Error, OSError) as error:
        words = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise HermeticError(f"The history {path} cannot be used: {words}. Move it away to begin a new one, or switch it off.") from error


def _check_version(database: sqlite3.Connection, path: Path) -> None:
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version == 0 and not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        for statement in _TABLES.split(";"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")
    elif version != VERSION:
        raise HermeticError(
            f"The history {path} has version {version}; this release reads {VERSION}. Use the release that wrote it, or move it away."
        )


def _open_findings(database: sqlite3.Connection, name: str) -> Iterator[tuple[_Key, str]]:
    rows = database.execute("SELECT host, subject, kind, path, first_seen FROM findings WHERE report = ? AND resolved IS NULL", (name,))
    for host, subject, kind, path, first_seen in rows:
        yield (_text(host), _text(subject), _text(kind), _text(path)), first_seen


def _resolved(database: sqlite3.Connection, name: str, gone: list[_Key]) -> list[dict[str, str]]:
    found = []
    for key in gone:
        row = database.execute(
            "SELECT first_seen, last_seen FROM findings"
            " WHERE report = ? AND host = ? AND subject = ? AND kind = ? AND path = ? AND resolved IS NULL",
            (name, *map(_stored, key)),
        ).fetchone()
        found.append({"host": key[0], "subject": key[1], "kind": key[2], "first_seen": row[0], "last_seen": row[1]})
    return found


def _remember_hosts(database: sqlite3.Connection, name: str, report: Report) -> None:
    moment = report["run"]["ended"]
    database.executemany(
        "INSERT INTO hosts VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (report, host) DO UPDATE SET"
        " since = CASE WHEN state = excluded.state THEN since ELSE excluded.since END, state = excluded.state, reason = excluded.reason,"
        " last_seen = excluded.last_seen, last_checked = coalesce(excluded.last_checked, last_checked)",
        [
            (name, _stored(host), entry["state"], entry["reason"], moment, moment, moment, entry["checked"])
            for host, entry in report["hosts"].items()
        ],
    )


def _remember_run(database: sqlite3.Connection, name: str, report: Report) -> None:
    run, totals = report["run"], report["totals"]
    database.execute(
        f"INSERT OR REPLACE INTO runs VALUES ({', '.join('?' * 15)})",
        (
            *(name, run["id"], run["started"], run["ended"], run["complete"], run["verify"], " ".join(run["controllers"])),
            *(report["exit"], totals["hosts"], *(totals[key] for key in _TREND_KEYS)),
        ),
    )


def _prune(database: sqlite3.Connection, moment: str, days: int) -> None:
    """Drop old runs, findings that were resolved long ago, and hosts that no run has known for as long, with all they had open."""
    limit = (datetime.datetime.fromisoformat(moment) - datetime.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    database.execute("DELETE FROM runs WHERE ended < ?", (limit,))
    database.execute("DELETE FROM findings WHERE resolved < ?", (limit,))
    forgotten = "SELECT report, host FROM hosts WHERE last_seen < ?"
    database.execute(f"DELETE FROM findings WHERE (report, host) IN ({forgotten})", (limit,))
    database.execute("DELETE FROM hosts WHERE last_seen < ?", (limit,))


def _trend(database: sqlite3.Connection, name: str) -> list[dict[str, Any]]:
    rows = database.execute(
        f"SELECT id, ended, {', '.join(_TREND_KEYS)} FROM runs WHERE report = ? ORDER BY ended DESC, rowid DESC LIMIT {TREND}", (name,)
    ).fetchall()
    return [dict(zip(("id", "ended", *_TREND_KEYS), row, strict=True)) for row in reversed(rows)]


def _oldest(database: sqlite3.Connection, name: str, hosts: Set[str]) -> list[dict[str, str]]:
    keys = ("host", "subject", "kind", "cause", "first_seen")
    rows = database.execute(
        f"SELECT {', '.join(keys)} FROM findings WHERE report = ? AND resolved IS NULL AND counts"
        " ORDER BY first_seen, host, subject, kind, path",
        (name,),
    )
    found = (dict(zip(keys, map(_text, row), strict=True)) for row in rows)
    return list(islice((each for each in found if each["host"] in hosts), OLDEST))


def _stored(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: what is no valid Unicode as its bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def _text(value: Any) -> str:
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else str(value)
