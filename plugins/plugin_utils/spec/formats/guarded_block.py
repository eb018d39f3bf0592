# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks between ``[VPYTHON:BEGIN]`` and ``[VPYTHON:END]`` in a program, behind whatever makes its lines comments; pure."""

from __future__ import annotations

from dataclasses import dataclass

from .problem import Problem, Unreadable

BEGIN, END = "[VPYTHON:BEGIN]", "[VPYTHON:END]"
# Of ASCII alone: the launcher on a host, which hashes the same text, knows no others.
_BLANKS = " \t\f\v"


@dataclass(frozen=True)
class Block:
    """A specification within a program."""

    text: str
    first_line: int
    """The line of the program in which the text begins."""
    prefix: str


def find_guarded_block(program: str) -> Block | None:
    """Return the first block of a program, or None where there is none, or nothing in it; line ends are LF.

    A guard is the end of a line. What stands before both guards is taken from each line between them; where the two differ, nothing is.
    """
    lines = program.split("\n")
    first = next((number for number, line in enumerate(lines) if line.rstrip(_BLANKS).endswith(BEGIN)), None)
    if first is None:
        return None
    last = next((number for number in range(first + 1, len(lines)) if lines[number].rstrip(_BLANKS).endswith(END)), None)
    if last is None:
        raise Unreadable(
            [Problem("block-unterminated", f"{BEGIN} has no {END} after it; add a line that ends with {END}", line=first + 1, field=BEGIN)]
        )
    prefix = lines[first].rstrip(_BLANKS).removesuffix(BEGIN)
    if lines[last].rstrip(_BLANKS).removesuffix(END) != prefix:
        prefix = ""
    content = [_without(prefix, line) for line in lines[first + 1 : last]]
    return Block("".join(f"{line}\n" for line in content), first + 2, prefix) if content else None


def _without(prefix: str, line: str) -> str:
    if line.startswith(prefix):
        return line.removeprefix(prefix)
    # An empty line of a comment often lacks the blank at the end of the prefix.
    return "" if prefix.startswith(line.rstrip(_BLANKS)) else line


def render_guarded_block(text: str, *, prefix: str = "# ") -> str:
    """Return the lines of a block with this text."""
    lines = [BEGIN, *text.removesuffix("\n").split("\n"), END]
    return "".join(f"{prefix}{line}".rstrip(_BLANKS) + "\n" for line in lines)
