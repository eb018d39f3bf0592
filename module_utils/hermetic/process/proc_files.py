# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what Linux shows of processes below /proc."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from .in_use import content, link
from .seen_process import SeenProcess, SeenProcesses, moment, shown_command

PROC = Path("/proc")
_STARTED = 19
"""Which word of ``stat`` after the name is the start of the process, in ticks since the start of the system."""


def seen_below(spellings: Sequence[str], *, proc: Path = PROC) -> SeenProcesses:
    """Return the processes that run a program or a library from below a directory, in one pass; ``spellings`` are its paths.

    A current directory there, or a file that is open or mapped as data, is not something that runs.
    """
    prefixes = tuple(f"{each.rstrip('/')}/" for each in spellings)
    found, unknown = [], 0
    for name in os.listdir(proc):
        if name.isdigit():
            seen = _examined(proc, proc / name, prefixes)
            if seen is _REFUSED:
                unknown += 1
            elif isinstance(seen, SeenProcess):
                found.append(seen)
    return SeenProcesses(tuple(sorted(found, key=lambda seen: seen.pid)), unknown, hides_others=_hides_others(proc))


_REFUSED = object()


def _examined(proc: Path, base: Path, prefixes: tuple[str, ...]) -> object:
    """Return the process if it runs something from there, ``_REFUSED`` where that is not known, or None."""
    arguments = content(base / "cmdline").split("\0")[:-1]
    try:
        program = os.readlink(base / "exe")
        with open(base / "maps", "rb") as file:
            maps = file.read().decode("utf-8", "surrogateescape")
    except PermissionError:
        # Threads of the kernel and processes that have ended have no command line, and run nothing of ours.
        return _REFUSED if arguments else None
    except OSError:
        return None
    paths = [path for path in (program, *_executed(maps, prefixes)) if path.startswith(prefixes)]
    if not paths:
        return None
    same = _is_of_this_root(proc, base, prefixes)
    if not same:
        return None if same is False else _REFUSED
    paths += [path for path in _started_as(arguments, base) if path.startswith(prefixes)]
    return SeenProcess(int(base.name), _user(base), _since(proc, base), shown_command(program, arguments), tuple(dict.fromkeys(paths)))


def _executed(maps: str, prefixes: tuple[str, ...]) -> list[str]:
    """Return the files below these directories of which a part is mapped to be executed."""
    if not any(prefix in maps for prefix in prefixes):
        return []
    lines = (line.split(None, 5) for line in maps.splitlines())
    return [words[5] for words in lines if len(words) == 6 and "x" in words[1]]


def _started_as(arguments: Sequence[str], base: Path) -> list[str]:
    """Return by which paths the program was started. The launcher of a bundle gives that of the tree, whichever link led there."""
    program = arguments[0] if arguments else ""
    if "/" not in program:
        return []
    program = os.path.join(link(base / "cwd"), program)
    return [program, os.path.join(os.path.realpath(os.path.dirname(program)), os.path.basename(program))]


def _is_of_this_root(proc: Path, base: Path, prefixes: tuple[str, ...]) -> bool | None:
    """Return whether a process that has other mounts, such as one in a container, means the same directory by the same path."""
    if link(base / "ns" / "mnt") == link(proc / "self" / "ns" / "mnt"):
        return True
    for prefix in prefixes:
        try:
            theirs, ours = os.stat(f"{base}/root{prefix}"), os.stat(prefix)
        except FileNotFoundError:
            continue
        except OSError:
            return None
        if (theirs.st_dev, theirs.st_ino) == (ours.st_dev, ours.st_ino):
            return True
    return False


def _user(base: Path) -> str:
    for line in content(base / "status").splitlines():
        if line.startswith("Uid:"):
            return user_name(int(line.split()[2]))
    return ""


def user_name(number: int) -> str:
    """Return the name of a user, or the number where none has it."""
    try:
        import pwd

        return pwd.getpwuid(number).pw_name
    except (ImportError, KeyError):
        return str(number)


def _since(proc: Path, base: Path) -> str | None:
    # The name in parentheses may hold anything.
    words = content(base / "stat").rpartition(")")[2].split()
    booted = [line.split()[1] for line in content(proc / "stat").splitlines() if line.startswith("btime ")]
    if len(words) <= _STARTED or not booted:
        return None
    return moment(int(booted[0]) + int(words[_STARTED]) / os.sysconf("SC_CLK_TCK"))


def _hides_others(proc: Path) -> bool:
    """Return whether /proc lists a user's own processes only (``hidepid``)."""
    if os.geteuid() == 0:
        return False
    for line in content(proc / "self" / "mountinfo").splitlines():
        words, _separator, rest = line.partition(" - ")
        if words.split()[4:5] == [str(proc)] and rest.startswith("proc "):
            return any(f"hidepid={value}" in rest.split()[-1].split(",") for value in ("2", "4", "invisible", "ptraceable"))
    return False
