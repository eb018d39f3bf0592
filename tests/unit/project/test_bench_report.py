# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the benchmark makes of its measurements: ratios of pairs, verdicts, the table and the JSON document."""

from __future__ import annotations

import json

import pytest
from ansible_collections.hermetic.python.bench.comparison import Comparison, Series
from ansible_collections.hermetic.python.bench.peaks import Peak, lines
from ansible_collections.hermetic.python.bench.report import controller, document, summary, table

PEAK = Peak("quick verification", "engine", (30720, 40960, 31744), "the interpreter alone", (10240, 10240, 10240), aim=30)


def comparison(ours: tuple[float, ...], other: tuple[float, ...], *, aim: float | None = None, row: str = "a row") -> Comparison:
    return Comparison(row, Series("ours", ours, ours), Series("other", other, other), aim)


def test_the_ratio_is_the_median_of_the_pairs_and_not_the_ratio_of_the_medians() -> None:
    # The second round was a busy one for both.
    measured = comparison((1.0, 9.0, 1.2), (1.0, 10.0, 2.0))
    assert measured.ratios == pytest.approx([1.0, 0.9, 0.6])
    assert measured.ratio == pytest.approx(0.9)


def test_rounds_without_a_partner_do_not_count() -> None:
    measured = comparison((2.0, 4.0, 100.0), (1.0, 2.0))
    told = measured.as_dict()
    assert (told["rounds"], told["ours"]["median"], told["other"]["median"]) == (2, 3.0, 1.5)
    assert told["ratio"] == {"min": 2.0, "median": 2.0, "max": 2.0}
    assert told["ours"]["seconds"] == [2.0, 4.0, 100.0]


def test_the_work_of_processors_has_a_ratio_of_its_own() -> None:
    measured = Comparison("a row", Series("ours", (9.0, 9.0), (1.0, 2.0)), Series("other", (1.0, 1.0), (2.0, 2.0)), aim=1.0)
    assert (measured.ratio, measured.cpu_ratio, measured.verdict) == (9.0, 0.75, "MISS")


@pytest.mark.parametrize(("ours", "aim", "verdict"), [(1.5, 1.5, "pass"), (1.51, 1.5, "MISS"), (9.0, None, "")])
def test_the_verdict_holds_the_median_against_the_aim(ours: float, aim: float | None, verdict: str) -> None:
    assert comparison((ours,), (1.0,), aim=aim).verdict == verdict


def test_the_columns_of_the_table_line_up() -> None:
    lines = table([comparison((0.5,), (20.0,)), comparison((123.4,), (1.5,), aim=1.1, row="a row with a long name")]).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line.count("|") for line in lines] == [12] * 4
    assert "0.03" in lines[2]
    assert all(text in lines[3] for text in ("123.4", "1.50", "≤ 1.1", "MISS"))


def test_the_summary_names_what_was_missed() -> None:
    rows = [comparison((1.0,), (1.0,), aim=1.1, row="good"), comparison((3.0,), (1.0,), aim=1.1, row="bad"), comparison((9.0,), (1.0,))]
    assert summary(rows, []) == "1 of 2 aims reached; missed: bad against other (3.00 > 1.1)"
    assert summary(rows[:1], []) == "1 of 1 aims reached."
    assert summary(rows[2:], []) == "No row of this run has an aim."


def test_the_document_is_json_and_holds_every_time() -> None:
    made = document(
        [comparison((1.0, 2.0), (1.0, 1.0), aim=1.1)],
        peaks=[PEAK],
        machine={"cores": 2},
        skipped={"bundle-install": "not installed: curl"},
        seconds=12.4,
    )
    assert json.loads(json.dumps(made)) == made
    assert made["rows"][0]["other"]["seconds"] == [1.0, 1.0]
    assert made["memory"][0]["ours"] == {"name": "engine", "kilobytes": [30720, 40960, 31744]}
    assert (made["format"], made["seconds"], made["rows"][0]["verdict"]) == (1, 12, "MISS")


def test_what_a_host_costs_the_controller_is_reported_where_there_are_several() -> None:
    ours, other = Series("ours", (2.0, 3.0, 2.0), (4.0, 6.0, 5.0)), Series("pip", (9.0,), (20.0,))
    fleet = Comparison("no change, 20 hosts", ours, other, hosts=20)
    assert fleet.cpu_per_host == (0.25, 1.0)
    assert fleet.as_dict()["cpu_per_host"] == [0.25, 1.0]
    (line,) = controller([Comparison("alone", ours, other), fleet])
    assert line == "no change, 20 hosts: the controller worked 0.250 s of processor time for each host with ours, 1.000 s with pip"


def test_a_peak_is_a_median_in_megabytes_and_a_ratio_to_the_interpreter() -> None:
    assert (PEAK.megabytes, PEAK.verdict) == (31.0, "MISS")
    assert PEAK.ratios == [3.0, 4.0, 3.1]
    assert lines([PEAK]) == [
        "peak memory, quick verification: 31.0 MB with engine, 10.0 MB with the interpreter alone; at most 30 MB: MISS"
    ]
    assert summary([], [PEAK]) == "0 of 1 aims reached; missed: peak memory, quick verification (31.0 MB > 30)"
