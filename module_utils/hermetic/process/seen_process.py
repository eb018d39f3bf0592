# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A live process as far as a report needs it, and what may be shown of its command line; pure."""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_COMMAND = 200
# How Linux marks a file that has no name any more.
DELETED = " (deleted)"
_SPACE = re.compile(r"\s")
_PYTHON = re.compile(r"python[0-9.]*t?(\.exe)?\Z")
# Of Python's options, those that end the search for a script, and those whose value may be the next argument.
_CODE, _MODULE, _WITH_VALUE = "c", "m", "WXQ"
_LONG_WITH_VALUE = ("--check-hash-based-pycs",)


@dataclass(frozen=True)
class SeenProcess:
    """One process: ``paths`` are its program, the libraries that it runs, and how its program was named when it was started."""

    pid: int
    user: str
    since: str | None
    command: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class SeenProcesses:
    """The processes that run something of a directory, and how many processes the system does not let this user examine."""

    found: tuple[SeenProcess, ...] = ()
    unknown: int = 0
    hides_others: bool = False
    """Whether the system does not even say how many there are."""


def shown_command(program: str, arguments: Sequence[str]) -> str:
    """Return the path of a program and, for a Python, the name of its script or module.

    Nothing else of a command line is shown, since arguments may hold secrets; ``-c`` stands for code. A program that has written a title
    in place of its command line is shown by its path.
    """
    program = program.removesuffix(DELETED)
    named = arguments[0] if arguments else ""
    shown = named if os.path.isabs(named) and not _SPACE.search(named) else program
    if _PYTHON.match(re.split(r"[/\\]", program)[-1]):
        shown = f"{shown} {_script(arguments[1:])}".rstrip()
    return shown if len(shown) <= LONGEST_COMMAND else f"{shown[: LONGEST_COMMAND - 1]}…"


def _script(arguments: Sequence[str]) -> str:
    rest = iter(arguments)
    for argument in rest:
        if argument in _LONG_WITH_VALUE:
            next(rest, None)
        elif argument == "-" or not argument.startswith("-"):
            return argument
        elif not argument.startswith("--"):
            found = _of_letters(argument[1:])
            if found == _CODE:
                return "-c"
            if found is not None and found.startswith(_MODULE):
                return f"-m {found[1:] or next(rest, '')}".rstrip()
            if found == "":
                next(rest, None)
    return ""


def _of_letters(letters: str) -> str | None:
    """Return what a group of one-letter options says: ``c``, ``m`` with its module, '' where the next argument is a value, or None."""
    for place, letter in enumerate(letters):
        if letter == _CODE:
            return _CODE
        if letter == _MODULE:
            return letters[place:]
        if letter in _WITH_VALUE:
            return None if letters[place + 1 :] else ""
    return None


def moment(seconds: float) -> str:
    """Return a time since 1970 as results carry it."""
    return datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
