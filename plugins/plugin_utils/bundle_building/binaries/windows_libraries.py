# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the programs of a Windows tree are for one processor, and find their libraries on a Windows that has nothing added to it."""

from __future__ import annotations

import re

from ....module_utils.hermetic.errors import BrokenArtifact
from ..model.tree import Tree
from .pe import Pe, is_pe, read_pe

# What every Windows has from 10 and Server 2016 on: sets of its interfaces, the C library, and the libraries behind them.
_OF_THE_SYSTEM = re.compile(
    r"(?:advapi32|bcrypt|bcryptprimitives|cabinet|cfgmgr32|comctl32|comdlg32|crypt32|cryptbase|dbghelp|dnsapi|gdi32|imm32|iphlpapi|kernel32"
    r"|kernelbase|mpr|msi|msvcrt|mswsock|ncrypt|netapi32|normaliz|ntdll|ole32|oleaut32|pathcch|pdh|powrprof|propsys|psapi|rpcrt4|secur32"
    r"|setupapi|shell32|shlwapi|ucrtbase|user32|userenv|uxtheme|version|winhttp|wininet|winmm|wintrust|wldap32|ws2_32|wtsapi32)\.dll"
    r"|(?:api|ext)-ms-(?:win|onecore)-[a-z0-9-]+\.dll"
)


def check_programs(tree: Tree) -> None:
    """Raise with every program or library of the tree that could not be loaded on a Windows of the tree's processor."""
    machine = tree.platform.name.partition("-")[2]
    programs = {path: read_pe(path) for path in tree.files() if is_pe(path)}
    # Windows searches where the program lies that was started, and CPython adds where the module lies.
    beside_python = {path.name.lower() for path in programs if path.parent == (tree.root / tree.interpreter).parent}
    problems: list[str] = []
    for path, program in programs.items():
        inside = path.relative_to(tree.root).as_posix()
        if program.machine != machine:
            problems.append(f"{inside} is for {program.machine}, not for {machine}")
        there = beside_python | {other.name.lower() for other in programs if other.parent == path.parent}
        problems += [f"{inside} needs {name}, which neither the tree nor every Windows holds" for name in _missing(program, there)]
    if problems:
        raise BrokenArtifact("the source holds programs that would not work on every Windows", sorted(problems))


def _missing(program: Pe, there: set[str]) -> list[str]:
    return [
        name
        for name in (*program.needed, *program.needed_later)
        if name.lower() not in there and not _OF_THE_SYSTEM.fullmatch(name.lower())
    ]
