# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether text is shown in colour: only to a person, and only to one who has not asked for none."""

from __future__ import annotations

import os
import sys


def wants_colour() -> bool:
    """Return whether standard output is a terminal that may be coloured."""
    if os.environ.get("NO_COLOR") or os.environ.get("ANSIBLE_NOCOLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout is not None and sys.stdout.isatty()
