# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocks ``# /// script`` of PEP 723 in a program, found as the specification's reference implementation finds them; pure."""

from __future__ import annotations

import re

from .guarded_block import Block
from .problem import Problem, Unreadable

_BEGIN = re.compile(r"# /// ([a-zA-Z0-9-]+)")
_END = "# ///"
KIND = "script"


def find_script_block(program: str) -> Block | None:
    """Return the block ``script`` of a program, or None where there is none; a second one is an error. Line ends are LF.

    A block ends at the last ``# ///`` of the comment lines that follow its beginning. One that does not end is none for the reference
    implementation; here it is an error, since the program would run without its packages.
    """
    lines = program.split("\n")
    found: list[Block] = []
    unterminated: list[int] = []
    ends = _last_ends(lines)
    number = 0
    while number < len(lines):
        begin = _BEGIN.fullmatch(lines[number])
        if begin is None:
            number += 1
            continue
        end = ends[number]
        # There is at least one line between the two.
        if end < number + 2:
            if begin[1] == KIND:
                unterminated.append(number + 1)
            number += 1
            continue
        if begin[1] == KIND:
            text = "".join(f"{_uncommented(line)}\n" for line in lines[number + 1 : end])
            found.append(Block(text, number + 2, "# "))
        number = end + 1
    if len(found) > 1:
        places = ", ".join(str(block.first_line - 1) for block in found)
        raise Unreadable(
            Problem(
                "block-repeated",
                f"there may be one block '# /// {KIND}' only, and they begin in lines {places}; keep one",
                line=block.first_line - 1,
            )
            for block in found[1:]
        )
    if not found and unterminated:
        message = f"the block '# /// {KIND}' has no line '{_END}' after its comment lines, each of which is '#' alone or begins with '# '"
        raise Unreadable(Problem("block-unterminated", message, line=line) for line in unterminated)
    return found[0] if found else None


def _last_ends(lines: list[str]) -> list[int]:
    """Return for each line the last closing line of the comment lines that it is one of, or -1."""
    found = [-1] * len(lines)
    last = -1
    for number in range(len(lines) - 1, -1, -1):
        line = lines[number]
        if line != "#" and not line.startswith("# "):
            last = -1
        elif last < 0 and line == _END:
            last = number
        found[number] = last
    return found


def _uncommented(line: str) -> str:
    return line[2:] if line.startswith("# ") else line[1:]


def render_script_block(text: str) -> str:
    """Return the lines of a block with this text."""
    lines = text.removesuffix("\n").split("\n")
    return "".join(f"{line}\n" for line in (f"# /// {KIND}", *(f"# {line}".rstrip() if line else "#" for line in lines), _END))
