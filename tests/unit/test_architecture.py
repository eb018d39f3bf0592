# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers that docs/ARCHITECTURE.md shows are those of the code, and the files that the documentation names exist."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
ARCHITECTURE = (PROJECT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PLACES = ["module_utils/hermetic", "plugins/plugin_utils"]
PAGES = [PROJECT / name for name in ("README.md", "SECURITY.md")] + sorted((PROJECT / "docs").glob("*.md"))
# Files of other projects and of bundles.
ELSEWHERE = {"_hermetic_start.py", "aux.py", "os.py", "site.py", "sitecustomize.py", "usercustomize.py"}


def _rows(place: str) -> list[set[str]]:
    """Return the modules of each row of a place's table, from the ground up."""
    section = re.split(r"^#+ ", ARCHITECTURE.split(f", {place}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    rows = [line.split("|")[2] for line in section.splitlines() if line.startswith("|")]
    found = [re.findall(r"`(\w+)`", row) for row in rows]
    assert all(len(set(row)) == len(row) for row in found), "a module is named twice in a row"
    return [set(row) for row in found if row]


def _modules(place: str) -> set[str]:
    directory = PROJECT / place
    files = {path.stem for path in directory.glob("*.py")} - {"__init__"}
    return files | {path.parent.name for path in directory.glob("*/__init__.py")}


def _imported(place: str, module: str) -> Iterator[str]:
    """Yield the neighbours that a module imports; a package is one module."""
    path = PROJECT / place / module
    for file in path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
        level = len(file.relative_to(PROJECT / place).parts)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == level:
                yield from [node.module.split(".")[0]] if node.module else [alias.name for alias in node.names]


@pytest.mark.parametrize("place", PLACES)
def test_every_module_has_one_place_in_the_layers(place: str) -> None:
    named = [module for row in _rows(place) for module in row]
    assert sorted(named) == sorted(_modules(place))


@pytest.mark.parametrize("place", PLACES)
def test_imports_point_one_way(place: str) -> None:
    row_of = {module: number for number, row in enumerate(_rows(place)) for module in row}
    upward = [
        f"{module} imports {other}, which stands below it in the table"
        for module in row_of
        for other in _imported(place, module)
        if other in row_of and row_of[other] > row_of[module]
    ]
    assert upward == []


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
