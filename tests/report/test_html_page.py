# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML page as a document: complete, closed to the network, safe with hostile texts, and readable without its program."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.printable import printable as visible
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats import html_page as module
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.html_page import html_page
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.formats.page_headline import details, headline, tiles
from fleet_troubles import HOSTILE
from generated_fleet import fleet
from page_reader import Page, hosts_of

pytestmark = pytest.mark.slow

MEGABYTE = 1_000_000


def ordered(findings: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(finding, sort_keys=True) for finding in findings)


def shortened(value: Any, length: int = 2000) -> Any:
    """Return the document as the page may show it: texts cut to the length."""
    if isinstance(value, str):
        return value if len(value) <= length else f"{value[:length]}… ({len(value):,} characters in all)"
    if isinstance(value, dict):
        return {shortened(key): shortened(each) for key, each in value.items()}
    return [shortened(each) for each in value] if isinstance(value, list) else value


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return fleet(600, 7)


@pytest.fixture(scope="module")
def page(report: dict[str, Any]) -> Page:
    return Page(html_page(report))


@pytest.mark.parametrize("seed", range(5))
def test_the_page_holds_every_host_and_finding_of_the_report(seed: int) -> None:
    report = fleet(150, seed)
    data = Page(html_page(report)).data
    found, wanted = hosts_of(data), shortened(report["hosts"])
    keys = list(report["declarations"])
    assert list(found) == list(wanted)
    for name, host in wanted.items():
        assert ordered(found[name].pop("findings")) == ordered(host.pop("findings"))
        declared = found[name].pop("declared")
        assert (None if declared is None else keys[declared]) == host.pop("declared")
        assert found[name] == {"foreign": [], **host}
    for part in ("run", "exit", "policy", "totals", "history"):
        assert data[part] == shortened(report[part])
    assert data["left_out"] == {"findings": 0, "hosts": 0}


def test_the_declarations_are_those_of_the_report(report: dict[str, Any], page: Page) -> None:
    data = page.data
    for found, wanted in zip(data["declarations"], report["declarations"].values(), strict=True):
        names = {data["texts"][name]: data["texts"][bundle] for name, bundle, _ in found["virtualenvs"]}
        assert names == {name: each["bundle"] for name, each in wanted["virtualenvs"].items()}
        for name, _, packages in found["virtualenvs"]:
            row = [data["texts"][number] for number in data["packages"][packages]]
            assert dict(zip(row[::2], row[1::2], strict=True)) == wanted["virtualenvs"][data["texts"][name]]["packages"]


@pytest.mark.slow
def test_ten_thousand_hosts_take_less_than_five_megabytes() -> None:
    assert len(html_page(fleet(10_000, 1)).encode()) < 5 * MEGABYTE


def test_the_same_report_gives_the_same_page(report: dict[str, Any]) -> None:
    assert html_page(copy.deepcopy(report)) == html_page(report)


def test_making_the_page_leaves_the_report_as_it_is(report: dict[str, Any]) -> None:
    before = copy.deepcopy(report)
    html_page(report)
    assert report == before


def test_the_elements_are_well_nested(page: Page) -> None:
    assert page.badly_nested == []
    assert page.open == []


def test_nothing_is_loaded_and_nothing_is_inline(page: Page) -> None:
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("style", "src", "srcset", "action")], (tag, attributes)
        assert (attributes.get("href") or "#").startswith(("#", "data:,")), (tag, attributes)
    assert not re.search(r"@import|url\((?!#hatch\))", page.raw["style"][0])


def test_the_policy_lets_only_this_style_and_this_program_run(page: Page) -> None:
    policy = next(a["content"] for tag, a in page.elements if tag == "meta" and a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for kind, text in (("script", page.raw["script"][1]), ("style", page.raw["style"][0])):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert len(page.raw["script"]) == 2


def test_the_data_cannot_leave_its_element(report: dict[str, Any]) -> None:
    text = html_page(report)
    start = text.index('id="report">') + len('id="report">')
    data = text[start : text.index("</script>", start)]
    assert not set("<>&\u2028\u2029") & set(data)
    assert data.isascii()
    assert json.loads(data)["names"]


def test_hostile_texts_are_never_markup_and_can_always_be_written() -> None:
    report = fleet(300, 3)
    hostile = list(HOSTILE)
    report["run"]["controllers"] = hostile
    report["run"]["id"] = hostile[0]
    report["run"]["verify"] = hostile[1]
    report["policy"]["threshold"] = hostile[0]
    report["policy"]["ignores"][0].update(reason=hostile[0], hosts=hostile[4], path=hostile[2])
    # A host of each name among the first that the page shows without its program.
    for text in hostile:
        report["hosts"][text] = {
            **next(iter(report["hosts"].values())),
            "state": "not_checked",
            "reason": "failed",
            "message": "".join(hostile),
            "groups": hostile,
        }
    text = html_page(report)
    plain = Page(html_page(fleet(300, 3)))
    text.encode("utf-8")
    page = Page(text)
    assert {tag for tag, _ in page.elements} == {tag for tag, _ in plain.elements}
    assert [tag for tag, _ in page.elements].count("script") == 2
    assert page.badly_nested == []
    for raw in ("<script>alert", "<b>bold", "<i>pip", "</textarea>"):
        assert raw not in text
    assert "{{ 7 * 7 }} {% raw %} ${x} `y`" in page.words
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", text)
    assert "not-utf8-\\xff\\x80" in page.words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain π 漢字 🐍", "plain π 漢字 🐍"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("\x00\x1b[31m\x9f", "\\x00\\x1b[31m\\x9f"),
        ("\udcff", "\\xff"),
        ("\ud800", "\\ud800"),
        ("\u202egnp.exe\u2028", "\\u202egnp.exe\\u2028"),
    ],
)
def test_what_would_hide_is_written_as_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def totals(**counts: int) -> dict[str, Any]:
    base = dict.fromkeys(("clean", "pending", "tampered", "interrupted", "not_checked"), 0) | counts
    rest = dict.fromkeys(("findings", "ignored", "below_threshold", "new", "resolved"), 0)
    return {**rest, **base, "hosts": sum(base[key] for key in ("clean", "pending", "tampered", "interrupted", "not_checked"))}


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({}, "This run had no hosts."),
        ({"clean": 1}, "The one host is clean."),
        ({"clean": 10_000}, "All 10,000 hosts are clean."),
        ({"clean": 9871, "tampered": 12, "pending": 117}, "9,871 of 10,000 hosts are clean; 12 were tampered with."),
        ({"clean": 1, "tampered": 1}, "1 of 2 hosts is clean; 1 was tampered with."),
        ({"not_checked": 3}, "None of 3 hosts are clean; 3 were not checked."),
        ({"clean": 2, "interrupted": 1, "pending": 4}, "2 of 7 hosts are clean; 1 has an interrupted run."),
    ],
)
def test_the_headline_is_one_sentence(counts: dict[str, int], sentence: str) -> None:
    assert headline(totals(**counts)) == sentence


def test_the_details_say_the_rest() -> None:
    text = details({**totals(tampered=1, pending=2, not_checked=1), "findings": 9, "ignored": 1, "new": 3, "resolved": 4}, has_history=True)
    assert text == (
        "2 have pending changes and 1 was not checked. 9 findings count; not counted: 1 ignored by policy. "
        "Since the previous run, 3 new and 4 resolved."
    )
    assert details(totals(clean=2), has_history=False) == ""


@pytest.mark.parametrize("counts", [{"clean": 1_000_000, "tampered": 1, "pending": 1}, {"tampered": 1}, {"clean": 3, "pending": 3}, {}])
def test_the_bar_is_full_and_shows_even_one_host(counts: dict[str, int]) -> None:
    shown = tiles(totals(**counts))
    widths = [float(tile["width"]) for tile in shown]
    assert sum(widths) == pytest.approx(1000 if counts else 0, abs=0.1)
    assert all((width >= 6) == tile["any"] for width, tile in zip(widths, shown, strict=True))


def test_clean_says_exactly_only_where_nothing_is_ignored() -> None:
    meanings = [
        next(tile["meaning"] for tile in tiles({**totals(clean=3), "ignored": ignored}) if tile["state"] == "clean") for ignored in (0, 1)
    ]
    assert meanings == ["exactly as declared", "no findings that count"]
    assert tiles(totals(clean=3), declared=False)[-1]["meaning"] == "exactly as last installed"


def test_what_is_not_whole_never_reads_as_whole() -> None:
    shares = {tile["state"]: tile["share"] for tile in tiles(totals(clean=99_999, tampered=1))}
    assert shares["clean"] != "100 %"
    assert shares["tampered"] not in ("0 %", "0.0 %")


def test_without_its_program_the_page_tells_the_headline_and_the_first_hosts(report: dict[str, Any], page: Page) -> None:
    assert headline(report["totals"]) in page.words
    assert "Search, groups, versions and details need JavaScript" in page.words
    tampered = [name for name, host in report["hosts"].items() if host["state"] == "tampered"]
    assert sum(" ".join(visible(name)[:200].split()) in page.words for name in tampered) == len(tampered) > 10


def test_an_incomplete_run_and_expired_rules_are_said_first(report: dict[str, Any]) -> None:
    whole = Page(html_page({**report, "policy": {**report["policy"], "expired": 0}})).words
    assert "This run did not end" not in whole
    assert "expired and hide" not in whole
    broken = Page(html_page({**report, "run": {**report["run"], "complete": False}, "policy": {**report["policy"], "expired": 2}})).words
    assert broken.index("This run did not complete.") < broken.index("2 policy exceptions have expired") < broken.index("Search, groups")


def test_a_report_without_hosts_and_without_history_has_a_page() -> None:
    empty = {**fleet(3, 1), "hosts": {}, "declarations": {}, "history": None, "totals": totals()}
    page = Page(html_page(empty))
    assert "This run had no hosts." in page.words
    assert page.data["history"] is None


def test_texts_of_megabytes_do_not_make_a_page_of_megabytes() -> None:
    report = fleet(700, 5)
    for number, host in enumerate(report["hosts"].values()):
        host["message"] = f"{number} " + "x" * 20_000
        for finding in host["findings"]:
            finding["actual"] = f"{number} " + "y" * 20_000
    text = html_page(report)
    assert len(text.encode()) < 5 * MEGABYTE
    assert "characters in all)" in text


@pytest.mark.slow
def test_hosts_with_very_many_findings_keep_what_matters_most() -> None:
    report = fleet(300, 5)
    names = list(report["hosts"])[:100]
    for name in names:
        base = {
            "kind": "modified",
            "expected": "a",
            "actual": "b",
            "path": None,
            "remedy": "",
            "first_seen": None,
            "new": False,
            "ignored": None,
        }
        low = [
            {**base, "subject": f"file:{name}/{number}", "severity": "low", "cause": "pending", "counts": True} for number in range(1500)
        ]
        high = {**base, "subject": f"file:{name}/worst", "severity": "high", "cause": "tampered", "counts": True}
        report["hosts"][name]["findings"] = [*low, high]
    text = html_page(report)
    data = Page(text).data
    assert len(text.encode()) < 5 * MEGABYTE
    assert data["left_out"]["hosts"] >= 100
    found = hosts_of(data)
    kept = sum(len(host["findings"]) for host in found.values())
    assert data["left_out"]["findings"] + kept == sum(len(host["findings"]) for host in report["hosts"].values())
    shown = dict(zip(report["hosts"], found, strict=True))
    for name in names:
        assert found[shown[name]]["findings"][0]["severity"] == "high"


def test_very_long_names_that_begin_alike_stay_apart() -> None:
    report = fleet(40, 2)
    host = next(iter(report["hosts"].values()))
    report["hosts"] |= {"n" * 3000 + end: host for end in ("a", "b", "c")}
    assert len(set(Page(html_page(report)).data["names"])) == len(report["hosts"])


def test_every_file_of_the_program_is_used_once() -> None:
    folder = Path(module.__file__).with_name("page")
    assert sorted(module._SCRIPTS) == sorted(path.name for path in folder.glob("*.js"))


def test_the_program_writes_no_markup_and_runs_no_text() -> None:
    program = module._program()
    assert "</script" not in program.lower()
    assert "<!--" not in program
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser"
    code = r"\beval\(|new Function|setTimeout\(\""
    network = r"fetch\(|XMLHttpRequest|sendBeacon|WebSocket|EventSource"
    assert not re.search("|".join((markup, code, network)), program)
