# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directories in which hosts leave reports of themselves: read with bounds, whoever may write there."""

from __future__ import annotations

import datetime
import hashlib
import os
import socket
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ....module_utils.hermetic.errors import HermeticError
from ....module_utils.hermetic.text.json_text import parse_json
from ..model.document import Report, assemble
from ..model.fold import weakest
from ..model.policy import Policy
from ..model.pulled import LARGEST, Pulled, host_of, pulled, together, unusable

_CLOCKS = datetime.timedelta(minutes=15)
"""How far the clock of a host may be ahead."""
_LISTED = 5


def pulled_problems(directories: Iterable[str]) -> list[str]:
    """Return what is wrong with the names of directories of reports."""
    return [f"pulled has {each!r}, and there is no such directory" for each in directories if not Path(each).is_dir()]


def merge_pulled(directories: Sequence[Path], *, hours: int, expected: Iterable[str], policy: Policy) -> tuple[Report, str | None]:
    """Return one report of those in the directories, and what was passed over there."""
    now = datetime.datetime.now(datetime.UTC)
    oldest, newest = _moment(now - datetime.timedelta(hours=hours)), _moment(now + _CLOCKS)
    strays: list[str] = []
    hosts, declarations, levels = together(_reports(directories, strays, oldest=oldest, newest=newest), expected=expected)
    ended = _moment(now)
    run = {
        "id": f"{ended.replace('-', '').replace(':', '')}-{hashlib.sha256(os.urandom(16)).hexdigest()[:6]}",
        # The clock of a host may be ahead.
        "started": min([ended, *(entry["checked"] for entry in hosts.values() if entry["checked"])]),
        "ended": ended,
        # A run that was cut off says of its host that it was not checked.
        "complete": True,
        "verify": weakest(levels) if levels else "none",
        # Each host is one; they are the hosts of the report.
        "controllers": [socket.gethostname()],
        "commands": None,
        "base": None,
    }
    return assemble(run, hosts, declarations, policy), _problem_of(strays)


def _reports(directories: Sequence[Path], strays: list[str], *, oldest: str, newest: str) -> Iterator[tuple[str, Pulled]]:
    for directory in directories:
        try:
            names = sorted(os.listdir(directory))
        except OSError as error:
            raise HermeticError(f"The directory {directory} cannot be read: {error.strerror}.") from error
        for name in names:
            host = host_of(name)
            if host is not None:
                yield host, _read(host, directory / name, oldest=oldest, newest=newest)
            elif not name.startswith("."):
                # What begins with a dot is being uploaded, or belongs to the server.
                strays.append(str(directory / name))


def _read(host: str, path: Path, *, oldest: str, newest: str) -> Pulled:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC), "rb") as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                return unusable("it is not a regular file")
            content = stream.read(LARGEST + 1)
    except OSError as error:
        return unusable(f"it cannot be read ({error.strerror})")
    if len(content) > LARGEST:
        return unusable(f"it has more than {LARGEST} bytes")
    try:
        document = parse_json(content)
    except ValueError:
        # Not what the error says: that would show a part of a file that may be any.
        return unusable("it is no JSON, or only a part of it was uploaded")
    return pulled(host, document, oldest=oldest, newest=newest)


def _problem_of(strays: list[str]) -> str | None:
    if not strays:
        return None
    listed = ", ".join(strays[:_LISTED]) + (f" and {len(strays) - _LISTED} more" if len(strays) > _LISTED else "")
    return f"No host reports in a file of such a name, so that it was passed over: {listed}. Expected HOST.json. Move it away."


def _moment(at: datetime.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
