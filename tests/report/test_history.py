# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The history: what is new, what is resolved, what is open longest, and what is forgotten."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import Report, not_checked
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.history import OLDEST, VERSION, remember
from fleet_troubles import HOSTILE
from report_samples import finding, host, report

FLASK, LINK = finding(), finding("generation", "link", "tampered", path="current")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "made" / "history.sqlite"


def remembered(place: Path, day: int, hosts: Mapping[str, Any], *, name: str = "drift", days: int = 400, month: int = 11) -> Report:
    """Return the report of a run on a day."""
    moment = f"2026-{month:02}-{day:02}T18:05:00Z"
    made = report(hosts, id=f"2026{month:02}{day:02}T180000Z-000000", started=moment, ended=moment)
    place.parent.mkdir(exist_ok=True)
    return remember(place, name, made, days=days)[0]


def first_seen(made: Report, name: str) -> list[tuple[str, bool]]:
    return [(each["first_seen"][5:10], each["new"]) for each in made["hosts"][name]["findings"]]


def test_a_finding_is_new_once_and_keeps_the_day_it_was_first_seen(place: Path) -> None:
    assert first_seen(remembered(place, 1, {"a": host(FLASK)}), "a") == [("11-01", True)]
    second = remembered(place, 2, {"a": host(FLASK, LINK)})
    assert first_seen(second, "a") == [("11-01", False), ("11-02", True)]
    assert (second["totals"]["new"], second["totals"]["resolved"]) == (1, 0)


def test_a_finding_that_is_gone_is_resolved_and_new_when_it_comes_back(place: Path) -> None:
    remembered(place, 1, {"a": host(FLASK)})
    gone = remembered(place, 2, {"a": host()})
    seen = {"first_seen": "2026-11-01T18:05:00Z", "last_seen": "2026-11-01T18:05:00Z"}
    assert gone["history"]["resolved"] == [{"host": "a", "subject": FLASK["subject"], "kind": "version", **seen}]
    assert gone["totals"]["resolved"] == 1
    back = remembered(place, 3, {"a": host(FLASK)})
    assert first_seen(back, "a") == [("11-03", True)]
    assert back["history"]["resolved"] == []


def test_nothing_is_resolved_on_a_host_that_was_not_checked(place: Path) -> None:
    remembered(place, 1, {"a": host(FLASK), "b": host(LINK)})
    blind = remembered(place, 2, {"a": not_checked("unreachable"), "b": not_checked("skipped")})
    assert blind["history"]["resolved"] == []
    assert [each["host"] for each in blind["history"]["oldest"]] == ["a", "b"]
    assert first_seen(remembered(place, 3, {"a": host(FLASK)}), "a") == [("11-01", False)]


def test_the_trend_has_every_run_with_this_one_last(place: Path) -> None:
    remembered(place, 1, {"a": host(FLASK), "b": host()})
    trend = remembered(place, 2, {"a": host(LINK), "b": not_checked("failed")})["history"]["trend"]
    assert [(each["ended"][8:10], each["pending"], each["tampered"], each["not_checked"], each["findings"]) for each in trend] == [
        ("01", 1, 0, 0, 1),
        ("02", 0, 1, 1, 1),
    ]


def test_reports_of_different_names_do_not_mix(place: Path) -> None:
    remembered(place, 1, {"a": host(FLASK)})
    other = remembered(place, 2, {"a": host(FLASK)}, name="repair-before")
    assert first_seen(other, "a") == [("11-02", True)]
    assert len(other["history"]["trend"]) == 1


def test_what_does_not_count_is_remembered_and_not_open_longest(place: Path) -> None:
    hosts = {"a": host(FLASK)}
    made = report(hosts)
    made["hosts"]["a"]["findings"][0]["counts"] = False
    place.parent.mkdir()
    assert remember(place, "drift", made, days=9)[0]["history"]["oldest"] == []


def test_a_report_shows_at_most_a_hundred_that_are_open_longest(place: Path) -> None:
    made = remembered(place, 1, {f"h{number:03}": host(FLASK) for number in range(OLDEST + 20)})
    assert [each["host"] for each in made["history"]["oldest"]] == [f"h{number:03}" for number in range(OLDEST)]


def test_a_run_that_is_reported_twice_is_the_same_twice(place: Path) -> None:
    first = remembered(place, 1, {"a": host(FLASK)})
    assert remembered(place, 1, {"a": host(FLASK)}) == first


def test_two_equal_findings_of_one_host_are_one_in_the_history(place: Path) -> None:
    made = remembered(place, 1, {"a": host(FLASK, FLASK)})
    assert first_seen(made, "a") == [("11-01", True), ("11-01", True)]
    assert len(remembered(place, 2, {"a": host()})["history"]["resolved"]) == 1


def test_what_is_reported_late_of_a_killed_run_takes_nothing_back(place: Path) -> None:
    remembered(place, 1, {"a": host(LINK)})
    remembered(place, 3, {"a": host(FLASK)})
    late = remembered(place, 2, {"a": host(LINK)})
    assert late["history"]["resolved"] == []
    assert [each["ended"][8:10] for each in late["history"]["trend"]] == ["01", "02", "03"]
    assert first_seen(remembered(place, 4, {"a": host(FLASK)}), "a") == [("11-03", False)]


def test_what_is_old_is_forgotten_and_what_is_open_is_not(place: Path) -> None:
    remembered(place, 1, {"a": host(FLASK, LINK), "gone": host(FLASK)}, month=1)
    remembered(place, 2, {"a": host(FLASK)}, month=1)
    made = remembered(place, 24, {"a": host(FLASK)}, days=30)
    assert [each["ended"][:10] for each in made["history"]["trend"]] == ["2026-11-24"]
    # The host was known to the run before; this one saw it again. The other one is forgotten with all that it had open.
    assert [(each["host"], each["first_seen"][:10]) for each in made["history"]["oldest"]] == [("a", "2026-01-01")]
    with sqlite3.connect(place) as database:
        assert database.execute("SELECT host FROM hosts").fetchall() == [("a",)]
        assert database.execute("SELECT count(*) FROM findings").fetchone() == (1,)


def test_hostile_names_come_back_as_they_were(place: Path) -> None:
    hosts = {name: host(finding(text, kind=text[:50], path=text)) for name, text in zip(HOSTILE, reversed(HOSTILE), strict=True)}
    remembered(place, 1, hosts)
    again = remembered(place, 2, hosts)
    assert again["totals"]["new"] == 0
    assert {(each["host"], each["subject"]) for each in again["history"]["oldest"]} == set(zip(HOSTILE, reversed(HOSTILE), strict=True))
    gone = remembered(place, 3, {name: host() for name in HOSTILE})
    assert {each["host"] for each in gone["history"]["resolved"]} == set(HOSTILE)


def test_a_history_of_another_release_is_refused_and_left_alone(place: Path) -> None:
    remembered(place, 1, {"a": host()})
    with sqlite3.connect(place) as database:
        database.execute(f"PRAGMA user_version = {VERSION + 1}")
    before = place.read_bytes()
    with pytest.raises(HermeticError, match=f"has version {VERSION + 1}"):
        remembered(place, 2, {"a": host()})
    assert place.read_bytes() == before


def test_a_file_that_is_no_history_is_named(place: Path) -> None:
    place.parent.mkdir()
    place.write_text("my notes, which are long enough to be no database " * 40)
    with pytest.raises(HermeticError, match=r"history\.sqlite cannot be used"):
        remembered(place, 1, {"a": host()})
    assert place.read_text().startswith("my notes")
