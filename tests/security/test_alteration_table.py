# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table "Alterations and who finds them" in docs/SECURITY.md is true: each alteration is made, and looked at in three ways.

After a change of a row: ``.venv/bin/python tests/security/test_alteration_table.py`` writes the table into the page.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1] / folder) for folder in ("security", "integration", "unit")]
    sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".collections"))

import pytest
from alterations import ROWS, Alteration, table
from in_process import Here, two_generations
from roots import Archive, Document, Engine
from test_forged_receipts import digests
from wheelhouse import Wheel

TESTS = Path(__file__).resolve().parents[1]
PAGE = TESTS.parent / "docs" / "SECURITY.md"
BEGIN, END = "<!-- written by tests/security/test_alteration_table.py -->\n", "<!-- end of what is written -->\n"
LEVELS = ("quick", "deep", "controller")
MADE = [row for row in ROWS if row.do is not None]
BATCHES = sorted({row.batch for row in MADE}, key=lambda name: (name != "unnoticed", len(name), name))


def with_table(page: str) -> str:
    """Return the page with the table as the rows say it."""
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    assert begin and end, f"{PAGE} has no place for the table"
    return f"{before}{begin}{table()}{end}{after}"


@pytest.fixture(scope="module")
def altered(engine: Engine, good: Archive, wheels: dict[str, Wheel], tmp_path_factory: pytest.TempPathFactory) -> Here:
    return two_generations(tmp_path_factory.mktemp("table") / "root", engine, good, wheels)


@pytest.fixture
def whole(altered: Here) -> Iterator[Here]:
    """Give the root, repaired after each test."""
    altered.has_its_archive()
    yield altered
    altered.converge(options={"verify": "deep"}, known=digests(altered.manifests))
    assert _look(altered, "controller")["findings"] == []


def _look(root: Here, level: str, *, forgets: bool = False) -> Document:
    known = digests(root.manifests) if level == "controller" and not forgets else {}
    result = root.run("drift", options={"verify": "quick" if level == "quick" else "deep"}, known=known)
    assert not result.get("failed"), result["msg"]
    return result


@pytest.mark.root
@pytest.mark.parametrize("batch", BATCHES)
def test_each_alteration_is_found_by_whom_its_row_says_and_repaired(batch: str, whole: Here, tmp_path: Path) -> None:
    rows = [row for row in MADE if row.batch == batch]
    forgets = any(row.forgets for row in rows)
    expected = {level: sorted(_expected(rows, whole, level), key=str) for level in LEVELS}
    with ExitStack() as undo:
        for row in rows:
            assert row.do is not None
            back = row.do(whole)
            if callable(back):
                undo.callback(back)
        for level in LEVELS:
            result = _look(whole, level, forgets=forgets)
            told = [whole.reduced(finding) for finding in result["findings"]]
            assert sorted(((subject, kind, path) for subject, kind, _cause, path in told), key=str) == expected[level], level
            if level == "controller":
                assert bool(result["vouched"]["unknown"]) == forgets


def _expected(rows: list[Alteration], root: Here, level: str) -> list[tuple[str, str, str | None]]:
    """Return subject, kind and path of what a level finds: all that a weaker one does, too."""
    by = LEVELS[: LEVELS.index(level) + 1]
    return [
        (root.place(subject), kind, path and root.place(path)) for row in rows if row.found_by in by for subject, kind, path in row.found
    ]


def test_a_row_is_made_here_or_by_a_test_that_exists_or_says_that_it_is_not_tried() -> None:
    for row in ROWS:
        assert (row.do is None) or row.batch
        assert (row.found_by == "nobody") == (not row.found and not row.test), row.what
        assert row.found or row.note, row.what
        if row.test:
            file, _colons, name = row.test.partition("::")
            assert re.search(rf"^def {name}\(", (TESTS / file).read_text(encoding="utf-8"), re.MULTILINE), row.test
    assert len({row.what for row in ROWS}) == len(ROWS)


def test_the_page_has_the_table_that_the_rows_say() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == with_table(page), "write it again with: .venv/bin/python tests/security/test_alteration_table.py"


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
