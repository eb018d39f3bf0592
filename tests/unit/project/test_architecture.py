# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rooms that docs/ARCHITECTURE.md shows are those of the code, and the files that the documentation names exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
ARCHITECTURE = (PROJECT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PLACES = ["module_utils/hermetic", "plugins/plugin_utils"]
PAGES = [PROJECT / name for name in ("README.md", "SECURITY.md")] + sorted((PROJECT / "docs").glob("*.md"))
# Files of other projects and of bundles.
ELSEWHERE = {"_hermetic_start.py", "aux.py", "os.py", "site.py", "sitecustomize.py", "tool.py", "usercustomize.py"}


@pytest.mark.parametrize("place", PLACES)
def test_every_room_is_in_the_table_and_says_what_lives_there(place: str) -> None:
    section = re.split(r"^#+ ", ARCHITECTURE.split(f", {place}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    named = re.findall(r"^\| `(\w+)` \|", section, flags=re.MULTILINE)
    rooms = {path.parent.name: path for path in (PROJECT / place).glob("*/__init__.py")}
    beside = {path.stem for path in (PROJECT / place).glob("*.py")}
    assert sorted(set(named) - beside) == sorted(rooms)
    assert all(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) for path in rooms.values())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_that_are_named_exist(page: Path) -> None:
    ours = {
        path.name
        for folder in ("module_utils", "plugins", "library", "tests", "tools", "bench", "molecule")
        for path in (PROJECT / folder).rglob("*.*")
    }
    words = re.findall(r"`([^`\s]+)`", page.read_text(encoding="utf-8"))
    named = {match[1] for match in (re.search(r"(?:^|/)([a-z_]\w*\.(?:py|sh|ps1|psm1))$", word) for word in words) if match}
    assert named - ours - ELSEWHERE == set()
