# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the controller knows of the trees on hosts: of bundles from the repository, of all others from the run that made them.

It is no cache: what was remembered cannot be computed again, so it is kept in the directory of the user's state. One host that told
the truth when it installed a tree vouches for that tree on all others.
"""

from __future__ import annotations

import datetime
import os
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.fs.own_files import is_ours
from ..net.private_directory import intruders, make_private

VERSION = 1
_WAIT = 60
_ENVIRONMENTS = "environments/"
# More than a host ever holds, and little enough for a request.
_MOST = 4000
_TABLE = """
CREATE TABLE manifests (tree TEXT, scope TEXT, engine TEXT, digest TEXT, host TEXT, seen TEXT, PRIMARY KEY (tree, scope, engine));
CREATE INDEX newest ON manifests (scope, seen);
"""

Made = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class KnownManifests:
    """A private database that any number of forks use at once."""

    path: Path

    @classmethod
    def at(cls, directory: str | Path | None = None) -> KnownManifests:
        """Open the record in a directory, or in ``$XDG_STATE_HOME/hermetic.python``; it is made when there is something to remember."""
        base = Path(directory) if directory else Path(os.environ.get("XDG_STATE_HOME") or "~/.local/state").expanduser() / "hermetic.python"
        return cls(base.absolute() / "known-manifests.sqlite")

    def credible(self, made: Made, *, host: str, root: str, pythons: Collection[str]) -> Made:
        """Return what a host reported as far as it is worth remembering.

        What it took over from an earlier release has to be known as it was there: to take a tree over is not to make it, and whoever
        changed it before would be vouched for from then on. What was compiled by none of the ``pythons`` that the controller deploys
        holds for that host alone: byte code of another version may differ, and a host could say so of any.
        """
        earlier = {tree for entry in made.values() for tree in entry.get("was") or ()}
        known = self.of(earlier, host=host, root=root) if earlier else {}
        return {
            tree: {**entry, "here": bool(entry.get("here")) or bool(entry.get("by") and entry["by"] not in pythons)}
            for tree, entry in made.items()
            if all(digest in known.get(before, ()) for before, digest in (entry.get("was") or {}).items())
        }

    def remember(self, made: Made, *, host: str, root: str, engine: str) -> list[str]:
        """Keep what a host reported of the trees that it made, and return a warning for each that another host reported differently.

        ``engine`` identifies the engine that made them: only trees that the same one made, with the same Python, have to be equal.
        """
        if not made:
            return []
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        warnings = []
        with self._opened(writing=True) as database:
            for tree, entry in sorted(made.items()):
                scope = _scope(tree, host=host, root=root, here=bool(entry.get("here")))
                maker = f"{engine}/{entry['by']}" if entry.get("by") else engine
                row = (tree, scope, maker, entry["digest"], host, now)
                if scope == _only(host):
                    # Nobody else could have reported it, and an installation is what changes it.
                    database.execute("DELETE FROM manifests WHERE tree = ? AND scope = ?", (tree, scope))
                database.execute("INSERT OR IGNORE INTO manifests VALUES (?, ?, ?, ?, ?, ?)", row)
                digest, first, seen = database.execute(
                    "SELECT digest, host, seen FROM manifests WHERE tree = ? AND scope = ? AND engine = ?", (tree, scope, maker)
                ).fetchone()
                if digest != entry["digest"]:
                    warnings.append(_conflict(tree, host, str(entry["digest"]), first, digest, seen, self.path))
        return warnings

    def forget(self, *, host: str, root: str) -> None:
        """Remove what a host reported of the environments of a root, which no other host will be compared with."""
        if not self.path.exists():
            return
        with self._opened(writing=True) as database:
            database.execute("DELETE FROM manifests WHERE scope = ? AND host = ?", (root, host))

    def of(self, trees: Iterable[str], *, host: str, root: str) -> dict[str, list[str]]:
        """Return the digests that are known for a host by ``kind/id``: of these trees, and of what was made last for the same root.

        There is more than one where engines of several releases made the tree.
        """
        found: dict[str, list[str]] = {}
        if not self.path.exists():
            return found
        scopes = ("", root, _only(host))
        with self._opened(writing=False) as database:
            if not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                return found
            rows = database.execute(
                f"SELECT tree, digest FROM manifests WHERE scope IN (?, ?, ?) ORDER BY seen DESC LIMIT {_MOST}", scopes
            ).fetchall()
            known = {tree for tree, _digest in rows}
            for tree in set(trees) - known:
                rows += database.execute("SELECT tree, digest FROM manifests WHERE tree = ? AND scope IN (?, ?, ?)", (tree, *scopes))
        for tree, digest in sorted(set(rows)):
            found.setdefault(tree, []).append(digest)
        return found

    @contextmanager
    def _opened(self, *, writing: bool) -> Iterator[sqlite3.Connection]:
        try:
            if writing:
                make_private(self.path.parent)
            self._refuse_others()
            if writing and not os.path.lexists(self.path):
                os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
            with closing(sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)) as database:
                database.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
                try:
                    self._check_version(database, writing=writing)
                    yield database
                    database.execute("COMMIT")
                except BaseException:
                    database.execute("ROLLBACK")
                    raise
        except (sqlite3.Error, OSError) as error:
            raise HermeticError(
                f"The record of known manifests {self.path} cannot be used: {error}. Move it away to begin a new one."
            ) from error

    def _refuse_others(self) -> None:
        """Raise an error when somebody else may write here: who can, could vouch for anything."""
        problems = intruders(self.path.parent)
        if os.path.lexists(self.path) and not is_ours(self.path):
            problems.append(f"{self.path}: it is no regular file, or another user owns or may write it")
        if problems:
            raise HermeticError(
                f"{self.path} holds what this controller knows of its hosts, and others could change it: {problems[0]}. "
                "Take the permission to write from others, or let XDG_STATE_HOME name a directory of your own.",
                problems,
            )

    def _check_version(self, database: sqlite3.Connection, *, writing: bool) -> None:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        empty = not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if version == VERSION or (empty and not version and not writing):
            return
        if version or not empty:
            raise HermeticError(
                f"The record of known manifests {self.path} has version {version}; this release reads {VERSION}. "
                "Use the release that wrote it, or move it away."
            )
        for statement in _TABLE.strip().split("\n"):
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {VERSION}")


def _scope(tree: str, *, host: str, root: str, here: bool) -> str:
    """Return for whom a digest holds: an environment has the path of its root in its scripts, a bundle is the same everywhere."""
    if here:
        return _only(host)
    return root if tree.startswith(_ENVIRONMENTS) else ""


def _only(host: str) -> str:
    return f"host:{host}"


def _conflict(tree: str, host: str, digest: str, first: str, known: str, seen: str, path: Path) -> str:
    return (
        f"{tree} was made with the content {digest[:12]} on {host}, and with {known[:12]} on {first} ({seen}): equal wheels on equal bundles give "
        f"equal content, so one of the two hosts was changed while it installed. Run drift with verify deep on both, and install again on the one "
        f"that is at fault; what {first} reported stays known. Where {first} is at fault, delete its rows from {path}."
    )
