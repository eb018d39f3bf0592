# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation, and what is read out of them: tables, quotations, commands, paths."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
_STAR = "\1"
_PLACES = ("*.md", "docs/*.md", "docs/decisions/*.md", "roles/*/README.md", "inventories/*/README.md", ".github/**/*.md")
PAGES = sorted(path for pattern in _PLACES for path in PROJECT.glob(pattern))


def page_text(name: str) -> str:
    """Return a page by its path below the project."""
    return (PROJECT / name).read_text(encoding="utf-8")


def without_blocks(text: str) -> str:
    """Return a page without its blocks of code."""
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def tables(text: str) -> Iterator[list[list[str]]]:
    """Yield each table as rows of cells, its head first."""
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        rows = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))] for line in table.splitlines()]
        yield [row for row in rows if not set("".join(row)) <= set("-: ")]


def table(text: str, head: str) -> dict[str, list[str]]:
    """Return the rows of the table whose first column has this head, by their first cell."""
    (found,) = (rows for rows in tables(text) if rows[0][0] == head)
    return {row[0]: row[1:] for row in found[1:]}


def code(text: str) -> list[str]:
    """Return everything between backquotes."""
    return re.findall(r"`([^`\n]+)`", text)


def quotations(text: str) -> Iterator[str]:
    """Yield everything in italics."""
    text = re.sub(r"`[^`\n]*`", lambda found: found[0].replace("*", _STAR), re.sub(r"\*\*.+?\*\*", "", text, flags=re.DOTALL))
    for found in re.findall(r"(?<![\w*])\*([^\s*|][^*|]*?[^\s*|])\*(?![\w*])", text):
        yield re.sub(r"\s+", " ", found).replace(_STAR, "*").replace("`", "")


def commands(text: str) -> Iterator[list[str]]:
    """Yield every command of a page, of its blocks and within lines, as words."""
    for line in [*_lines_of_blocks(text), *code(without_blocks(text))]:
        words = _words(line.strip().removeprefix("$ "))
        if words:
            yield words


def _lines_of_blocks(text: str) -> Iterator[str]:
    inside = False
    for line in text.splitlines():
        if line.startswith("```"):
            inside = not inside
        elif inside:
            yield line


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        # A quotation that goes on in the next line is no command of ours.
        return []
