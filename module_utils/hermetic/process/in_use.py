# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find out which directory trees a live process runs from, so that none of them is removed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from ..paths import WINDOWS
from ..windows import processes as windows_processes

_PROC = Path("/proc")
_TOOL_TIMEOUT = 30


def trees_in_use(trees: Iterable[Path]) -> set[Path]:
    """Return those of the trees that a live process runs from: its program, a mapped library, its argv[0] or its current directory.

    The calling process counts only when it runs from a tree, not for its current directory. Processes of other users, whose
    details the system hides from an unprivileged caller, are skipped: call as root where others use the trees. A process
    that was started through a link which has been moved since, and has mapped nothing from the tree, is not found.
    Windows answers in its own way, see windows_processes.
    """
    candidates = list(trees)
    if not candidates:
        return set()
    if WINDOWS:
        return windows_processes.trees_in_use(candidates)
    names = {tree: {os.path.abspath(tree), os.path.realpath(tree)} for tree in candidates}
    patterns = {tree: _pattern(spellings) for tree, spellings in names.items()}
    used: set[Path] = set()
    own = "\n".join([sys.executable or "", sys.prefix, sys.base_prefix, sys.exec_prefix, os.path.realpath(sys.executable or "/")])
    for text in _texts(own):
        if text is None:
            return set(candidates)  # nothing is known here: removing nothing is the safe answer
        for tree, spellings in names.items():
            # The plain search comes first: it is many times faster than the pattern, and nearly always fails.
            if tree not in used and any(name in text for name in spellings) and patterns[tree].search(text):
                used.add(tree)
    return used


def commands_below(directory: Path) -> dict[int, str]:
    """Return the command line of each process that runs from below a directory, by its number; this process is among them."""
    spellings = {os.path.abspath(directory), os.path.realpath(directory)}
    pattern = _pattern(spellings)
    if (_PROC / "self" / "maps").exists():
        pids = [name for name in os.listdir(_PROC) if name.isdigit()]
        return {int(pid): _command(pid) for pid in pids if pattern.search(_of_proc(pid))}
    lines = (line.split(None, 1) for line in output(["ps", "-axww", "-o", "pid=,command="]).splitlines())
    return {int(parts[0]): parts[1] for parts in lines if len(parts) == 2 and pattern.search(parts[1])}


def parents() -> dict[int, int]:
    """Return the number of each process's parent."""
    if (_PROC / "self" / "stat").exists():
        texts = {int(pid): content(_PROC / pid / "stat") for pid in os.listdir(_PROC) if pid.isdigit()}
        # The name in parentheses may hold anything; the parent is the second word after the last one that closes.
        return {pid: int(text.rpartition(")")[2].split()[1]) for pid, text in texts.items() if ")" in text}
    lines = (line.split() for line in output(["ps", "-ax", "-o", "pid=,ppid="]).splitlines())
    return {int(parts[0]): int(parts[1]) for parts in lines if len(parts) == 2}


def _command(pid: str) -> str:
    return content(_PROC / pid / "cmdline").replace("\0", " ").strip() or link(_PROC / pid / "exe")


def _pattern(spellings: set[str]) -> re.Pattern[str]:
    """Match a path in the tree, but no path that merely begins or ends like it."""
    return re.compile(r"(?<![^\s'\"=:])(?:" + "|".join(re.escape(name) for name in sorted(spellings)) + r")(?=[/\s'\":]|$)")


def _texts(own: str) -> Iterator[str | None]:
    yield own
    if (_PROC / "self" / "maps").exists():
        for pid in (name for name in os.listdir(_PROC) if name.isdigit()):
            yield _of_proc(pid)
    else:
        yield _of_ps() or None
        yield _of_lsof()


def _of_proc(pid: str) -> str:
    base = _PROC / pid
    directory = link(base / "cwd")
    ours = int(pid) == os.getpid()
    found = [link(base / "exe"), "" if ours else directory]
    program = content(base / "cmdline").split("\0", 1)[0]
    # A relative one leads from where a process began; this one may have gone elsewhere, and says by itself what it runs from.
    if "/" in program and (os.path.isabs(program) or not ours):
        program = os.path.join(directory, program)
        # The last part stays unresolved: the python of an environment is a link into the bundle.
        found += [program, os.path.join(os.path.realpath(os.path.dirname(program)), os.path.basename(program))]
    found.append(content(base / "maps"))
    return "\n".join(found)


def _of_ps() -> str:
    """Return the command lines of all processes but this one, which stands for itself."""
    lines = output(["ps", "-axww", "-o", "pid=,command="]).splitlines()
    return "\n".join(line for line in lines if line.split(None, 1)[:1] != [str(os.getpid())])


def _of_lsof() -> str:
    """Return the programs, libraries and current directories of all other processes, as far as lsof is there and may see them."""
    if not has_lsof():
        return ""
    found = []
    pid = ""
    for line in output(["lsof", "-n", "-P", "-w", "-d", "txt,mem,cwd", "-F", "pn"]).splitlines():
        if line.startswith("p"):
            pid = line[1:]
        elif line.startswith("n") and pid != str(os.getpid()):
            found.append(line[1:])
    return "\n".join(found)


def has_lsof() -> bool:
    """Return whether there is an lsof to ask."""
    import shutil  # with the archivers that it loads, only where it is asked for

    return shutil.which("lsof") is not None


def output(command: list[str]) -> str:
    """Return what the tool printed; both tools exit with 1 when they merely could not see everything."""
    environment = {**os.environ, "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_TOOL_TIMEOUT,
            env=environment,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "surrogateescape")


def link(path: Path) -> str:
    """Return where a link of /proc leads, or an empty text where that cannot be read."""
    try:
        return os.readlink(path)
    except OSError:  # ended meanwhile, a kernel thread, or another user's
        return ""


def content(path: Path) -> str:
    """Return the text of a file of /proc, or an empty one where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "surrogateescape")
    except OSError:  # as above
        return ""
