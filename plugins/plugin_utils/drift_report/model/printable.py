# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from hosts as a report can take it: nothing in it acts, nothing in it is endless. Pure."""

from __future__ import annotations

from ....module_utils.hermetic.text.printable import printable as visible


def printable(text: object, *, most: int = 500) -> str:
    """Return a text on one line, with what acts written as an escape, and with no more than about ``most`` characters."""
    shown = str(text)
    more = len(shown) - most
    if more > 0:
        shown = shown[:most]
    return f"{visible(shown)}… ({more} more characters)" if more > 0 else visible(shown)
