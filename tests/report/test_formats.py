# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format of a fleet with hostile names, as a reader that is not ours takes it."""

from __future__ import annotations

import json
import os
import re
import stat
import sys
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import format_readers as read
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats import terminal
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.plain_text import plain_text
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.prometheus import HOSTS_MOST, RELEASES_MOST, prometheus
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import not_checked
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.printable import printable
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.files import FORMATS, WRITERS, read_report, write_report
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import ARGUMENT_SPEC, parse_settings
from fleet_troubles import HOSTILE
from generated_fleet import fleet
from report_samples import finding, host, policy, report


def written(report: Mapping[str, Any], kind: str) -> str:
    return "".join(WRITERS[kind][1](report))


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """Return a fleet in which every hostile name is a host, and is in findings."""
    made = fleet(900, 7)
    assert sum(name in made["hosts"] for name in HOSTILE) >= len(HOSTILE) - 2
    return made


# --- JSON


def test_json_is_the_document_in_ascii_with_a_line_for_each_host(whole: dict[str, Any]) -> None:
    text = written(whole, "json")
    assert json.loads(text) == whole
    assert text.isascii()
    assert len(text.splitlines()) == len(whole["hosts"]) + len(whole["declarations"]) + 12
    assert read.of_json(text)["states"] == {state: whole["totals"][state] for state in read.STATES}


@pytest.mark.parametrize("hosts", [0, 1])
def test_json_of_little_is_as_published(hosts: int) -> None:
    read.of_json(written(report({"a": host()} if hosts else {}), "json"))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("format",), 3),
        (("exit",), 4),
        (("hosts", "a", "state"), "drift"),
        (("hosts", "a", "reason"), "failed"),
        (("hosts", "b", "reason"), None),
        (("hosts", "b", "findings"), [{**finding(), "first_seen": None, "new": False, "ignored": None, "counts": True}]),
        (("run", "ended"), "yesterday"),
        (("surprise",), 1),
        (("totals", "clean"), -1),
    ],
)
def test_the_schema_refuses_what_is_not_published(path: tuple[str, ...], value: Any) -> None:
    made = json.loads(written(report({"a": host(finding()), "b": not_checked("failed")}), "json"))
    read.of_json(json.dumps(made))
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(AssertionError):
        read.of_json(json.dumps(made))


def test_json_lines_stand_for_the_whole_document(whole: dict[str, Any]) -> None:
    _summary, document = read.of_json_lines(written(whole, "jsonl"))
    assert document == whole


# --- JUnit


def test_junit_has_a_case_for_each_host_and_subject(whole: dict[str, Any]) -> None:
    text = written(whole, "junit")
    summary = read.of_junit(text)
    totals = whole["totals"]
    assert (summary["hosts"], summary["clean"], summary["not_checked"]) == (totals["hosts"], totals["clean"], totals["not_checked"])
    counting = {(name, each["subject"]) for name, entry in whole["hosts"].items() for each in entry["findings"] if each["counts"]}
    assert summary["subjects"] == len(counting)
    root = ET.fromstring(text.encode())
    assert int(root.get("failures", "")) == len(counting)
    assert int(root.get("tests", "")) == len(root.findall("testsuite/testcase"))
    cases = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
    assert len({name for name, _subject in cases}) == totals["hosts"]


def test_junit_says_what_was_declared_and_why_something_does_not_count() -> None:
    ignoring = policy({"subject": "store", "reason": 'a "good" <reason>'}, threshold="medium")
    entry = host(finding("virtualenv:recipes"), finding("store"), finding("generation", severity="low"), declared="d")
    root = ET.fromstring(written(report({"a": entry}, by=ignoring, complete=False), "junit").encode())
    cases = {case.get("name"): [(each.tag, each.get("message")) for each in case] for case in root.iter("testcase")}
    assert cases == {
        "bundle:python": [],
        "virtualenv:recipes": [("failure", "version (pending)")],
        "store": [("skipped", 'ignored until 2026-12-31: a "good" <reason>')],
        "generation": [("skipped", "below the threshold medium")],
        "complete": [("error", "The run was cut off.")],
    }


# Every code point of the basic plane beyond which nothing is forbidden, in pieces that no limit of length cuts.
PIECES = ["".join(map(chr, range(start, start + 400))) for start in range(0, 0x10000, 400)] + ["\U0001fffe\U0001ffff\U0010ffff"]


def test_junit_carries_every_character_in_every_place() -> None:
    hosts = {
        piece: host(finding(f"file:recipes/{piece}", kind=piece, path=piece, expected=piece, actual=piece, remedy=piece))
        for piece in PIECES
    }
    hosts |= {f"unreachable {piece}": not_checked("unreachable", piece) for piece in PIECES}
    text = written(report(hosts), "junit")
    summary = read.of_junit(text)
    assert (summary["hosts"], summary["not_checked"], summary["differing"]) == (2 * len(PIECES), len(PIECES), len(PIECES))
    text.encode()
    names = {suite.get("name") for suite in ET.fromstring(text.encode()).iter("testsuite")}
    assert names == {printable(name) for name in hosts}


# --- Prometheus


def test_prometheus_has_the_report_s_series_alone_each_with_a_help_and_a_type() -> None:
    lines = written(report({'back\\slash "quoted"': host()}), "prometheus").splitlines()
    families = [line.split()[2] for line in lines if line.startswith("# TYPE ")]
    assert families == [line.split()[2] for line in lines if line.startswith("# HELP ")]
    assert len(families) == len(set(families))
    assert all(family.startswith("hermetic_drift_") for family in families)
    assert all(line.split()[3] == "gauge" for line in lines if line.startswith("# TYPE "))
    assert 'hermetic_drift_host_findings{host="back\\\\slash \\"quoted\\""} 0.0' in lines


def test_a_controller_without_the_library_of_prometheus_is_told_before_the_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    options = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()} | {"directory": str(tmp_path)}
    assert parse_settings(options).formats == FORMATS
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(HermeticError, match="The format prometheus") as raised:
        parse_settings(options)
    assert "requirements.txt" in str(raised.value)
    assert parse_settings(options | {"formats": ["json"]}).formats == ("json",)


def test_prometheus_agrees_with_the_document(whole: dict[str, Any]) -> None:
    summary = read.of_prometheus(written(whole, "prometheus"))
    totals = whole["totals"]
    assert summary["states"] == {state: totals[state] for state in read.STATES}
    assert (summary["findings"], summary["exit"]) == (totals["findings"], whole["exit"])
    samples = summary["samples"]
    for name in ("ignored", "below_threshold", "new", "resolved"):
        assert samples[f"findings_{name}"][0][1] == totals[name]
    assert {each["cause"] for each, _value in samples["findings"]} == set(totals["causes"])
    assert sum(value for _labels, value in samples["bundle_hosts"]) == totals["hosts"] - totals["not_checked"]
    assert len(samples["host_last_check_timestamp_seconds"]) == totals["hosts"] - totals["not_checked"]
    assert samples["run_timestamp_seconds"][0][1] == 1795543620
    assert {labels["host"] for labels, _value in samples["host_generation"]} >= {printable(HOSTILE[0], most=200)}


def test_the_number_of_series_is_bounded() -> None:
    hosts = {f"h{number}": host(finding(kind=f"kind{number}"), bundles={"python": f"1+{number}"}) for number in range(HOSTS_MOST + 1)}
    text = "".join(prometheus(report(hosts)))
    summary = read.of_prometheus(text)
    assert len([line for line in text.splitlines() if not line.startswith("#")]) < 300
    assert not any(name.startswith("host_") and name != "host_series" for name in summary["samples"])
    assert summary["samples"]["host_series"] == [({}, 0)]
    assert len(summary["samples"]["bundle_hosts"]) == RELEASES_MOST + 1
    assert sum(value for _labels, value in summary["samples"]["bundle_hosts"]) == HOSTS_MOST + 1
    assert [value for labels, value in summary["samples"]["findings"] if labels == {"kind": "other", "cause": "pending"}] == [
        HOSTS_MOST + 1
    ]


def test_hosts_whose_names_look_alike_have_series_of_their_own() -> None:
    made = report({"a\n": host(), "a\\x0a": host(), "b" * 300: host(), "b" * 301: host()})
    assert len(read.of_prometheus("".join(prometheus(made)))["samples"]["host_findings"]) == 4


# --- text


def test_text_is_one_that_a_terminal_can_take(whole: dict[str, Any]) -> None:
    text = written(whole, "text")
    summary = read.of_text(text)
    assert summary["states"] == {state: whole["totals"][state] for state in read.STATES}
    assert (summary["findings"], summary["exit"]) == (whole["totals"]["findings"], whole["exit"])
    text.encode()
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028]", text)
    assert max(map(len, text.splitlines())) < 4000


def test_hosts_in_the_same_state_share_a_paragraph() -> None:
    hosts = {f"h{number:02}": host(finding(), finding("file:recipes/x", "mode", "tampered", path="/x")) for number in range(20)}
    lines = written(report({**hosts, "i": host(finding("file:recipes/x", "missing", "tampered", path="/x"))}), "text").splitlines()
    names = next(place for place, line in enumerate(lines) if line.startswith("20 hosts: h00, h01"))
    assert lines[names].endswith("h11 and 8 more")
    assert lines[names + 1 : names + 3] == ["M........ t  /x  (1, expected 2)", "....V.... p  package:recipes/flask  (1, expected 2)"]
    assert "missing   t  /x" in lines


def test_what_differs_in_several_ways_is_one_line() -> None:
    both = [
        finding("file:recipes/x", kind, "tampered", path="/x", new=True, expected=None, actual=None)
        for kind in ("modified", "owner", "mode")
    ]
    assert "M5.U..... t* /x\n" in written(report({"a": host(*both)}), "text")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_has_the_processes_of_older_trees(kind: str) -> None:
    path = "/opt/infra-system/environments/web-0d51f3d2b1aa"
    hosts = {
        name: host(
            finding(
                "virtualenv:web",
                "outdated_process",
                expected="web-4be1c06a0d2f",
                actual=f"2 processes of web: pid {pid} since then",
                path=path,
            )
        )
        for name, pid in (("a", 812), ("b", 977))
    }
    text = written(report(hosts), kind)
    if kind == "text":
        # Hosts that differ in nothing but numbers share a paragraph.
        assert "a, b\noutdated  p  virtualenv:web  (2 processes of web, expected web-4be1c06a0d2f)\n" in text
    else:
        assert "outdated_process" in text
        assert ("pid 812" in text and "pid 977" in text) or kind == "prometheus"


def test_text_tells_policy_history_and_the_other_pythons(whole: dict[str, Any]) -> None:
    text = written(whole, "text")
    assert "until 2026-06-30: EXPIRED, no longer ignored (subject package:recipes/flask): wanted to be gone by summer" in text
    assert "Resolved since the last run:" in text
    assert "Open longest:" in text
    assert re.search(r"^  /usr/bin/python3 3\.11\.2 on \d+ hosts$", text, re.MULTILINE)


def test_colour_only_colours(whole: dict[str, Any]) -> None:
    coloured = "".join(plain_text(whole, colour=True))
    assert "\x1b[31m" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == written(whole, "text")


def test_a_terminal_is_not_flooded(whole: dict[str, Any]) -> None:
    assert len(list(plain_text(whole, most=50))) == 51


@pytest.mark.parametrize(
    ("terminal_at_hand", "environment", "wanted"),
    [
        (True, {}, True),
        (False, {}, False),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (True, {"ANSIBLE_NOCOLOR": "1"}, False),
    ],
)
def test_colour_is_for_people_who_want_it(
    monkeypatch: pytest.MonkeyPatch, terminal_at_hand: bool, environment: dict[str, str], wanted: bool
) -> None:
    for name in ("NO_COLOR", "ANSIBLE_NOCOLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal_at_hand)
    assert terminal.wants_colour() is wanted


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_printed_does_nothing(text: str) -> None:
    shown = printable(text, most=100)
    shown.encode()
    assert shown.isprintable()
    assert len(shown) < 400


# --- files


def test_every_file_is_replaced_in_one_step(tmp_path: Path, whole: dict[str, Any]) -> None:
    place = tmp_path / "made" / "here"
    files = write_report(whole, place, "drift", prometheus_file=tmp_path / "textfile" / "hermetic.prom")
    assert set(files) == set(FORMATS)
    assert files["prometheus"] == tmp_path / "textfile" / "hermetic.prom"
    before = {path: path.stat().st_ino for path in files.values()}
    write_report(whole, place, "drift", prometheus_file=files["prometheus"])
    for path in files.values():
        assert path.stat().st_ino != before[path]
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
        path.read_text(encoding="utf-8")
    assert read_report(files["json"]) == whole
    assert not [name for _place, _directories, names in os.walk(tmp_path) for name in names if name.endswith(".new")]


def test_all_files_that_cannot_be_written_are_named_and_the_others_are_there(tmp_path: Path) -> None:
    for name in ("drift.json", "drift.html"):
        (tmp_path / name).mkdir()
    with pytest.raises(HermeticError) as raised:
        write_report(report({}), tmp_path, "drift")
    assert [problem.partition(":")[0] for problem in raised.value.problems] == [str(tmp_path / "drift.json"), str(tmp_path / "drift.html")]
    assert (tmp_path / "drift.txt").exists()
