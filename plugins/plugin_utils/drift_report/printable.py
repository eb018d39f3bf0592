# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from hosts as a terminal, an XML file or a label can take it: nothing in it acts, nothing in it is endless. Pure."""

from __future__ import annotations

import re

# Controls, what turns the direction of text, line and paragraph separators, byte order mark, lone surrogates, no characters at all.
_ACTING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ud800-\udfff\ufeff\ufff9-\uffff]")


def printable(text: object, *, most: int = 500) -> str:
    """Return a text on one line, with what acts written as an escape, and with no more than about ``most`` characters."""
    shown = str(text)
    more = len(shown) - most
    if more > 0:
        shown = shown[:most]
    shown = _ACTING.sub(_escaped, shown)
    return f"{shown}… ({more} more characters)" if more > 0 else shown


def _escaped(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
