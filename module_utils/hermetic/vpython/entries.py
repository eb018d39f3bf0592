# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries, which lead from what was asked for to an environment: links, or on Windows, where not everybody may make those, files with their text."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..fs import links
from ..fs.atomic import write_text
from ..fs.record_files import read_text
from ..paths import WINDOWS

_TEXT = re.compile(r"\.\./environments/([0-9a-f]{32})\n?")


def enter(entry: Path, environment: str) -> None:
    """Let an entry lead to an environment, whatever it led to, in one step."""
    target = f"../environments/{environment}"
    if WINDOWS:
        write_text(entry, f"{target}\n")
    else:
        links.point(entry, target)


def environment_of(entry: Path) -> str | None:
    """Return the name of the environment that an entry leads to; None where it leads to none."""
    if not WINDOWS:
        target = links.read(entry)
        return None if target is None else os.path.basename(target)
    try:
        found = _TEXT.fullmatch(read_text(entry))
    except (OSError, ValueError):
        return None
    return found[1] if found else None
