# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a program is started: what decides where its specification is looked for; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Program:
    """What an interpreter is told to run."""

    kind: Literal["script", "code", "module", "input"]
    """A file or directory, ``-c``, ``-m``, or what comes from standard input or a terminal."""
    value: str = ""
    """The path, the code or the name of the module."""
