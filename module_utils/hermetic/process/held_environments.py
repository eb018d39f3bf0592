# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which environment a Windows process runs that was started through a fallback directory, whose path names none."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..paths import extended
from ..text.grammar import tree_parts
from ..windows.processes import ENVIRONMENT_MARK, is_held


def environment_behind(program: str, root: Path, since: float | None) -> str | None:
    """Return the path of the environment that a program below ``envs`` of a root runs, or None.

    Such a process holds the pyvenv.cfg of its environment. Where several environments of the name are held, it is the newest one that was
    there when the process was started.
    """
    stable = f"{os.path.normcase(os.path.join(root, 'envs'))}\\"
    if not os.path.normcase(program).startswith(stable):
        return None
    name = program[len(stable) :].partition("\\")[0]
    held = [tree for tree in _trees(root, name) if is_held(extended(tree / ENVIRONMENT_MARK))]
    return chosen([(tree.stat().st_ctime, str(tree)) for tree in held], since)


def chosen(made: Sequence[tuple[float, str]], since: float | None) -> str | None:
    """Return the newest of the paths that was made before a time, else the oldest."""
    ordered = sorted(made)
    before = [path for moment, path in ordered if since is not None and moment <= since]
    return before[-1] if before else ordered[0][1] if ordered else None


def _trees(root: Path, name: str) -> list[Path]:
    directory = root / "environments"
    try:
        entries = os.listdir(directory)
    except OSError:
        return []
    return [directory / entry for entry in entries if (tree_parts("environments", entry) or {}).get("name", "").lower() == name.lower()]
