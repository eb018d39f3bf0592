# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A number of things, in words; pure."""

from __future__ import annotations


def counted(number: int, noun: str, *, grouped: bool = False) -> str:
    """Return a number with its noun, which gets an ``s`` for all but one; ``grouped`` sets its thousands apart."""
    shown = f"{number:,}" if grouped else str(number)
    return f"{shown} {noun}" if number == 1 else f"{shown} {noun}s"
