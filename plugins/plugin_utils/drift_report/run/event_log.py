# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The events of a run, in a file from the moment they happen: memory stays flat, and a killed run leaves what it knew.

``.<name>.<run>.gathering`` beside the reports; one JSON event on each line. Its writer holds a lock on it for as long as it lives.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.grammar import shown
from ....module_utils.hermetic.text.json_text import parse_json
from ..model.shape import event_fault
from ..model.task_result import Event
from .own_files import create_own, open_own
from .shared_directory import make_directory

SUFFIX = ".gathering"
FORMAT = 1


class EventLog:
    """Appends events; each is out of this process's memory, and safe from its death, when ``add`` returns."""

    def __init__(self, directory: Path, name: str, run: Mapping[str, Any]) -> None:
        self._keys: set[str] = set()
        self._levels: set[str] = set()
        try:
            self.path = make_directory(directory) / f".{name}.{run['id']}{SUFFIX}"
            self._descriptor = create_own(self.path, os.O_RDWR | os.O_APPEND, mode=0o600)
            # A lock of this process alone: what it forks may outlive it by a long task, and must not hold the lock on.
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise HermeticError(f"The drift report cannot be recorded in {directory}: {error.strerror}. Name another directory.") from error
        self.add({"event": "run", "format": FORMAT, "name": name, **run})

    def add(self, event: Mapping[str, Any]) -> None:
        """Append one event."""
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        # One write: forks share the descriptor, and a buffer would be written twice.
        while line:
            line = line[os.write(self._descriptor, line) :]

    def add_answer(self, event: Event, *, key: str) -> None:
        """Append an answer; its declaration is written once for all hosts that share it."""
        if key not in self._keys:
            self._keys.add(key)
            self.add({"event": "declared", "key": key, "declared": event["declared"]})
        self.add({**event, "declared": key})

    def add_level(self, verify: str) -> None:
        """Append how closely a host was to be looked at, once for all hosts."""
        if verify not in self._levels:
            self._levels.add(verify)
            self.add({"event": "verify", "verify": verify})

    def events(self) -> Iterator[Event]:
        """Give what was appended; by the same descriptor, since closing another one of this file would end the lock."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        with open(self._descriptor, encoding="utf-8", closefd=False) as stream:
            yield from _events(stream, self.path)

    def close(self, *, remove: bool) -> None:
        """Let go of the file, and take it away once its report is written."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


def events_of(path: Path) -> Iterator[Event]:
    """Give the events of a file of this user's; a line that was cut off ends them."""
    try:
        descriptor = open_own(path)
    except OSError as error:
        raise HermeticError(f"{path} cannot be read: {error.strerror}.") from error
    with open(descriptor, encoding="utf-8", errors="surrogateescape") as stream:
        yield from _events(stream, path)


def _events(lines: Iterable[str], path: Path) -> Iterator[Event]:
    for line in lines:
        try:
            event = parse_json(line)
        except ValueError:
            return
        if isinstance(event, dict) and event.get("event") == "run" and event.get("format") != FORMAT:
            raise HermeticError(f"{path} has format {shown(event.get('format'))}; this release reads {FORMAT}.")
        if event_fault(event) is not None:
            # Nobody but a run of this release writes here; what follows is as little to be relied on.
            return
        yield event


def orphans(directory: Path, name: str) -> list[Path]:
    """Return the files of runs that are dead, the oldest first."""
    pattern = re.compile(rf"\.{re.escape(name)}\.\d{{8}}T\d{{6}}Z-[0-9a-f]{{6}}{re.escape(SUFFIX)}")
    names = sorted(os.listdir(directory)) if directory.is_dir() else []
    return [directory / each for each in names if pattern.fullmatch(each) and _is_dead(directory / each)]


def _is_dead(path: Path) -> bool:
    try:
        descriptor = open_own(path, os.O_RDWR)
    except OSError:
        # Gone by now, or planted by another user.
        return False
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True
