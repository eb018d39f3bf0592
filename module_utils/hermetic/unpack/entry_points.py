# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the commands that a wheel declares in ``entry_points.txt``, and name those that a Python of a version gets."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

SECTIONS = {"console_scripts": "console", "gui_scripts": "gui"}

_REFERENCE = re.compile(r"([\w.]+)\s*:\s*([\w.]+)\s*(\[.*\])?\s*$")
_PIP = re.compile(r"pip(\d+(\.\d+)?)?")
_EASY_INSTALL = re.compile(r"easy_install(-\d+\.\d+)?")


def parse_entry_points(text: str) -> tuple[list[list[str]], list[str], list[str]]:
    """Return the commands as name, module, attribute and kind; problems; and warnings.

    The file is read as ``importlib.metadata`` and so pip do: of two lines with one name the later one counts, a gui command before one
    of the console, and nothing is interpolated.
    """
    found: dict[str, dict[str, list[str]]] = {kind: {} for kind in SECTIONS.values()}
    problems, ignored = [], []
    section: str | None = None
    for line in map(str.strip, text.splitlines()):
        if not line or line.startswith(("#", ";")):
            continue
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip()
            continue
        if section is None:
            ignored.append(line)
        if section not in SECTIONS:
            continue
        name, equals, value = map(str.strip, line.partition("="))
        match = _REFERENCE.match(value)
        if not equals or match is None:
            problems.append(f"entry_points.txt: {line[:100]!r} in [{section}] is no command; expected NAME = MODULE:FUNCTION")
            continue
        kind = SECTIONS[section]
        found[kind][name] = [name, match[1], match[2], kind]
    warnings = (
        [f"entry_points.txt has {len(ignored)} lines before its first section, which are ignored: {ignored[0][:60]!r}"] if ignored else []
    )
    return sorted({**found["console"], **found["gui"]}.values()), problems, warnings


def commands_for(entry_points: Iterable[Sequence[Any]], *, version: str) -> list[tuple[str, str, str, str]]:
    """Return the commands that a Python of this version gets.

    The wheels of pip and easy_install are the same for every Python and cannot name its version: as ``ensurepip`` and pip itself do,
    ``pip`` becomes ``pip``, ``pip3`` and ``pip3.12``, whatever versions the wheel names.
    """
    major, minor = version.split(".")[:2]
    by_name: dict[str, tuple[str, str, str, str]] = {entry[0]: (entry[0], entry[1], entry[2], entry[3]) for entry in entry_points}
    for first, versioned, names in (
        ("pip", _PIP, (f"pip{major}", f"pip{major}.{minor}")),
        ("easy_install", _EASY_INSTALL, (f"easy_install-{major}.{minor}",)),
    ):
        command = by_name.get(first)
        if command is None or command[3] != "console":
            continue
        by_name = {name: entry for name, entry in by_name.items() if name == first or not versioned.fullmatch(name)}
        by_name.update({name: (name, *command[1:]) for name in names})
    return sorted(by_name.values())


def is_replaced(script: str, commands: Iterable[str]) -> bool:
    """Return whether a script of a wheel is what setuptools made for one of its entry points, which replaces it, as with pip."""
    lower = script.lower()
    for ending in (".exe", "-script.py", "-script.pyw", ".pya"):
        if lower.endswith(ending):
            script = script[: -len(ending)]
            break
    return script in set(commands)
