# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stored result holds ratios and the kind of machine, nothing that names it, and is compared row by row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.bench import run, stored
from ansible_collections.hermetic.python.bench.change import changes
from ansible_collections.hermetic.python.bench.comparison import Comparison, Series
from ansible_collections.hermetic.python.bench.machine import processor_of
from ansible_collections.hermetic.python.bench.peaks import Peak

PROJECT = Path(__file__).resolve().parents[3]
MACHINE = {
    "cores": 2,
    "processor": "A processor",
    "architecture": "x86_64",
    "system": "Linux 6.1",
    "file_system": "ext4",
    "load_at_start": 0.1,
    "versions": {"uv": "1.0"},
}
PEAK = Peak("deep verification", "engine", (30, 30, 30, 60, 30), "alone", (10,) * 5)


def row(title: str, *ours: float) -> Comparison:
    return Comparison(title, Series("ours", ours, ours), Series("other", (2.0,) * len(ours), (2.0,) * len(ours)))


def test_it_holds_ratios_of_all_rounds_and_the_kind_of_machine(tmp_path: Path) -> None:
    made = stored.document([row("deep (8116 inodes)", 1.0, 3.0), PEAK], MACHINE)
    assert made == {
        "format": 1,
        "machine": {
            "cores": 2, "processor": "A processor", "architecture": "x86_64", "file_system": "ext4", "versions": {"uv": "1.0"},
        },
        "rows": [
            {"row": "deep", "ours": "ours", "other": "other", "ratios": [0.5, 1.5]},
            {"row": "peak memory, deep verification", "ours": "engine", "other": "alone", "ratios": [3.0, 3.0, 3.0, 6.0, 3.0]},
        ],
    }  # fmt: skip
    stored.write(tmp_path / "results" / "a.json", made)
    rows, machine = stored.read(tmp_path / "results" / "a.json")
    assert rows[("deep", "ours", "other")] == [0.5, 1.5]
    assert machine == made["machine"]


def test_a_run_of_some_rows_renews_these_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    stored.write(file, stored.document([row("deep", 1.0), row("quick", 1.0)], MACHINE))
    again = stored.with_earlier_rows(file, stored.document([row("deep", 3.0), row("new", 1.0)], MACHINE))
    assert [(each["row"], each["ratios"]) for each in again["rows"]] == [("quick", [0.5]), ("deep", [1.5]), ("new", [0.5])]
    elsewhere = stored.document([row("deep", 3.0)], {**MACHINE, "cores": 4})
    assert stored.with_earlier_rows(file, elsewhere) == elsewhere
    assert stored.with_earlier_rows(tmp_path / "none.json", elsewhere) == elsewhere


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "{}", '{"format": 2, "rows": [], "machine": {}}', '{"format": 1, "rows": [{"row": "a"}], "machine": {}}',
        '{"format": 1, "machine": {}, "rows": [{"row": "a", "ours": "b", "other": "c", "ratios": []}]}',
        '{"format": 1, "machine": {}, "rows": [{"row": "a", "ours": "b", "other": "c", "ratios": [0]}]}',
    ],
)  # fmt: skip
def test_a_file_that_holds_no_result_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(ValueError, match=re.escape(f"{tmp_path}/a.json holds no stored result")):
        stored.read(tmp_path / "a.json")


def test_the_comparison_says_each_row_and_what_cannot_be_compared() -> None:
    before = stored.by_key([row("slow", *[1.0] * 5), row("fast", *[1.0] * 5), row("same", *[1.0] * 5), row("few", 1.0), row("gone", 1.0)])
    after = stored.by_key([row("slow", *[2.0] * 5), row("fast", *[0.5] * 5), row("same", *[1.0] * 5), row("few", 9.0), row("added", 1.0)])
    assert stored.lines(changes(before, after)) == [
        "slower          slow, ours against other  2.00 (2.00 to 2.00)",
        "faster          fast, ours against other  0.50 (0.50 to 0.50)",
        "same            same, ours against other  1.00 (1.00 to 1.00)",
        "too few rounds  few, ours against other   9.00",
        "missing: gone, ours against other (stored, and not measured in this run)",
        "new: added, ours against other (measured, and not stored)",
        "Compared with what is stored, at 95% and beyond 5%: 1 slower, 1 faster, 1 same, 1 too few rounds.",
    ]


@pytest.mark.parametrize(("factor", "status"), [(1.0, 0), (1.5, 1), (0.5, 0)])
def test_a_slower_row_ends_the_run_with_1(capsys: pytest.CaptureFixture[str], factor: float, status: int) -> None:
    before = (stored.by_key([row("a", *[1.0] * 5)]), dict(MACHINE))
    assert run._judged(before, [row("a", *[factor] * 5)], MACHINE) == status
    assert "another kind" not in capsys.readouterr().out
    assert run._judged(before, [row("a", *[factor] * 5)], {**MACHINE, "cores": 8}) == status
    assert "another kind of machine" in capsys.readouterr().out


def test_a_result_that_cannot_be_read_is_said_before_anything_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["run.py", "--compare", str(tmp_path / "gone.json")])
    assert run.main() == 2
    assert "gone.json" in capsys.readouterr().err


RESULTS = sorted((PROJECT / "bench" / "results").glob("*.json"))


@pytest.mark.parametrize("path", RESULTS, ids=lambda path: path.name)
def test_what_is_kept_in_the_repository_names_no_machine(path: Path) -> None:
    rows, machine = stored.read(path)
    assert set(machine) <= {"cores", "processor", "architecture", "file_system", "versions"}
    assert rows
    document: dict[str, Any] = json.loads(path.read_text())
    assert set(document) == {"format", "machine", "rows"}
    assert all(set(each) == {"row", "ours", "other", "ratios"} for each in document["rows"])
    assert "/" not in path.read_text()


def test_the_family_of_the_processor() -> None:
    assert processor_of("processor\t: 0\nmodel name\t: Some CPU @ 2.0 GHz\n\nprocessor\t: 1\n") == "Some CPU @ 2.0 GHz"
    assert processor_of("CPU architecture: 8\n") == ""
