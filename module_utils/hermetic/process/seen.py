# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the live processes that run something of a root, in the way of each system."""

from __future__ import annotations

import os
from pathlib import Path

from ..paths import WINDOWS
from . import proc_files, ps_output
from .running import own_line
from .seen_process import SeenProcess, SeenProcesses, moment, shown_command


def processes_of(root: Path) -> SeenProcesses:
    """Return the processes that run a program or a library from below a root, without this one and those that started it."""
    spellings = sorted({os.path.abspath(root), os.path.realpath(root)})
    if WINDOWS:
        seen = _of_windows(root, spellings)
    elif (proc_files.PROC / "self" / "maps").exists():
        seen = proc_files.seen_below(spellings)
    else:
        seen = ps_output.seen_below(spellings)
    own = own_line()
    return SeenProcesses(tuple(each for each in seen.found if each.pid not in own), seen.unknown, seen.hides_others)


def _of_windows(root: Path, spellings: list[str]) -> SeenProcesses:
    from ..windows.process_facts import running_below
    from .held_environments import environment_behind

    facts, unknown = running_below(spellings)
    found = []
    for pid, user, since, program, paths in facts:
        behind = environment_behind(program, root, since)
        # The command line lies in the memory of the process, and is not read; the program of an environment says which one it is.
        started = moment(since) if since is not None else None
        more = (os.path.join(behind, os.path.basename(program)),) if behind is not None else ()
        found.append(SeenProcess(pid, user, started, shown_command(program, ()), (*paths, *more)))
    return SeenProcesses(tuple(sorted(found, key=lambda each: each.pid)), unknown)
