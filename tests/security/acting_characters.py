# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one table of characters that must not reach a terminal, and what some of them become."""

from __future__ import annotations

_RANGES = [
    (0x00, 0x1F),  # C0: ESC begins every command of a terminal, BEL ends an OSC
    (0x7F, 0x9F),  # DEL and C1: CSI, OSC and DCS as one character
    (0xAD, 0xAD),  # soft hyphen
    (0x61C, 0x61C),  # Arabic letter mark
    (0x180E, 0x180E),  # Mongolian vowel separator, without a width
    (0x200B, 0x200F),  # no width, marks of direction
    (0x2028, 0x202E),  # separators of lines and paragraphs, embeddings and overrides of direction
    (0x2060, 0x206F),  # no width, isolates of direction, deprecated format characters
    (0xD800, 0xDFFF),  # halves of surrogate pairs: what no encoding can write, and bytes that are not UTF-8
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0xFFFE, 0xFFFF),  # no characters
    (0x1D173, 0x1D17A),  # musical formatting
    (0xE0000, 0xE007F),  # tags: a text that nobody sees
]
ACTING = {code for first, last in _RANGES for code in range(first, last + 1)}
HARMLESS = "aÄß 中文 🙂 שלום مرحبا \ufffd\ufffc\xa0~"
ESCAPES = [
    ("\n", "\\n"),
    ("\r", "\\r"),
    ("\t", "\\t"),
    ("\x1b", "\\x1b"),
    ("\x9b", "\\x9b"),
    ("\xad", "\\xad"),
    ("\u202e", "\\u202e"),
    ("\u206a", "\\u206a"),
    ("\u206f", "\\u206f"),
    ("\udc9b", "\\x9b"),
    ("\ud800", "\\ud800"),
    ("\U000e0041", "\\U000e0041"),
    ("\ufffd", "\ufffd"),
]
