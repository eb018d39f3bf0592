# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text of others as a terminal can take it: what would act, hide or reorder is written as an escape. Pure.

``plugin_utils/drift_report/page/text.js`` does the same in a browser; ``tests/security/test_printable.py`` compares them.
"""

from __future__ import annotations

import re
from typing import Any

# C0, DEL and C1 controls, soft hyphen, marks and overrides of direction, characters without a width, line and paragraph separators, byte order
# mark, interlinear annotations, noncharacters, halves of surrogate pairs, musical formatting, tags.
_RANGES = (
    "\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_ACTING = re.compile(f"[{_RANGES}]")
_ACTING_IN_LINES = re.compile(f"(?![\n\t])[{_RANGES}]")
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def printable(text: object) -> str:
    """Return a text on one line, with every character that acts, hides or reorders written as an escape."""
    return _ACTING.sub(_escape, str(text))


def printable_lines(text: object) -> str:
    """Return a text with its lines and tabs as they are, and everything else that acts written as an escape."""
    return _ACTING_IN_LINES.sub(_escape, str(text).replace("\r\n", "\n"))


def printable_result(value: Any) -> Any:
    """Return a result in which no text, whether key or value, holds anything that acts on a terminal."""
    if isinstance(value, str):
        return printable_lines(value) if _ACTING_IN_LINES.search(value) else value
    if isinstance(value, dict):
        return {printable_result(key): printable_result(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [printable_result(each) for each in value]
    return value


def _escape(match: re.Match[str]) -> str:
    known = _NAMED.get(match[0])
    if known:
        return known
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        # How Python carries a byte that is not UTF-8.
        code -= 0xDC00
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
