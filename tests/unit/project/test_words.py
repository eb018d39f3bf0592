# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What users read is written in the terms of docs/GLOSSARY.md, without words that only this project ever used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import PAGES, PROJECT, without_blocks

# A word, and what to write instead.
REPLACED = {
    r"anew": "again",
    r"told": "reported, returned",
    r"mends?|mended": "fix, correct",
    r"(?:to|can|cannot|could) be had": "available",
    r"wanted is": "expected",
    r"re-?lay(?:s|ed)?": "reinstall",
    r"facades?": "profile",
    r"sweeps?|swept": "prune",
    r"stand-ins?": "fallback directory",
    r"sp(?:eaks?|oke) of": "describe",
    r"came to": "result",
    r"looked at|closely": "verified",
}
# The glossary and the renaming name the old words; options and results do not have them any more.
NAMES_OLD_WORDS = ("docs/GLOSSARY.md", "changelogs/fragments/013-rooms.yml")


def _read_by_users() -> Iterator[Path]:
    yield from PAGES
    for pattern in (
        "library/*.py", "library/*.yml", "plugins/doc_fragments/*.py", "plugins/filter/*.yml", "roles/*/meta/*.yml", "playbooks/*.yml",
        "changelogs/fragments/*.yml", "Makefile",
    ):  # fmt: skip
        yield from sorted(PROJECT.glob(pattern))


@pytest.mark.parametrize("path", list(_read_by_users()), ids=lambda path: str(path.relative_to(PROJECT)))
def test_no_home_made_word_is_in_what_users_read(path: Path) -> None:
    if str(path.relative_to(PROJECT)) in NAMES_OLD_WORDS:
        return
    # Names of files, options and functions are as they are.
    text = re.sub(
        r"``.+?``|`[^`\n]+`|^\s*\w+:$|\bC\(.+?\)|\[[^]]*\]\([^)]*\)",
        "",
        without_blocks(path.read_text(encoding="utf-8")),
        flags=re.MULTILINE,
    )
    found = [
        f"{match[0]}: write {better}" for word, better in REPLACED.items() for match in re.finditer(rf"\b(?:{word})\b", text, re.IGNORECASE)
    ]
    assert found == []
