# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what ``ps`` and ``lsof`` list of processes, on systems that have no /proc such as macOS."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from .in_use import has_lsof, output
from .seen_process import SeenProcess, SeenProcesses, moment, shown_command

_LISTED = ["ps", "-axww", "-o", "pid=,uid=,user=,lstart=,comm="]
_ARGUMENTS = ["ps", "-axww", "-o", "pid=,args="]
_LIBRARIES = ["lsof", "-n", "-P", "-w", "-d", "txt", "-F", "pn"]
_STARTED = "%a %b %d %H:%M:%S %Y"


def seen_below(spellings: Sequence[str]) -> SeenProcesses:
    """Return the processes that run a program or a library from below a directory."""
    libraries = output(_LIBRARIES) if has_lsof() else ""
    return parsed(output(_LISTED), output(_ARGUMENTS), libraries, spellings, user=os.geteuid())


def parsed(listed: str, arguments: str, libraries: str, spellings: Sequence[str], *, user: int) -> SeenProcesses:
    """Return what these outputs say; ``user`` is who asked for them. Without libraries, no process is known as a whole."""
    prefixes = tuple(f"{each.rstrip('/')}/" for each in spellings)
    command_lines = {words[0]: words[1] for words in (line.split(None, 1) for line in arguments.splitlines()) if len(words) == 2}
    files = _files(libraries)
    found, unknown = [], 0
    for line in listed.splitlines():
        words = line.split(None, 8)
        if len(words) < 9 or not words[0].isdigit():
            continue
        pid, uid, name, program = words[0], words[1], words[2], words[8]
        command_line = _words(command_lines.get(pid, ""), program)
        paths = [path for path in (program, command_line[0] if command_line else "", *files.get(pid, ())) if path.startswith(prefixes)]
        if paths:
            seen = SeenProcess(int(pid), name, _since(words[3:8]), shown_command(program, command_line), tuple(dict.fromkeys(paths)))
            found.append(seen)
        # Without rights, lsof says nothing of what others run.
        elif (user != 0 and uid != str(user)) or not libraries:
            unknown += 1
    return SeenProcesses(tuple(sorted(found, key=lambda seen: seen.pid)), unknown)


def _files(libraries: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    pid = ""
    for line in libraries.splitlines():
        if line.startswith("p"):
            pid = line[1:]
        elif line.startswith("n"):
            found.setdefault(pid, []).append(line[1:])
    return found


def _words(text: str, program: str) -> list[str]:
    """Return a command line as words; ps does not quote, so that a program whose path has spaces is one word only by its own name."""
    return [program, *text[len(program) :].split()] if text.startswith(program) else text.split()


def _since(words: Sequence[str]) -> str | None:
    try:
        return moment(time.mktime(time.strptime(" ".join(words), _STARTED)))
    except (ValueError, OverflowError):
        return None
