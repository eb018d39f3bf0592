# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page for everyone: by keyboard, without barriers, on paper, without JavaScript or a network, and with hostile names."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from browsing import DESKTOP, HOSTS, PHONE, Browser, axe_script
from fleet_troubles import HOSTILE
from generated_fleet import fleet

Pages = Callable[[str, Any], str]


def test_the_keyboard_is_enough(browser: Browser, large: str) -> None:
    from selenium.webdriver.common.keys import Keys

    browser.open(large)
    browser.keys("/")
    assert browser.run("return document.activeElement.id") == "search"
    browser.milliseconds(
        "setTimeout(() => { const s = document.getElementById('search'); s.value = 'web'; s.dispatchEvent(new Event('input')); })"
    )
    assert browser.run("return document.activeElement.id") == "search"
    browser.run("document.querySelector('.skip').focus()")
    browser.keys(Keys.ENTER)
    assert browser.run("return document.activeElement.id") == "hosts-title"
    for _ in range(40):
        browser.keys(Keys.TAB)
        if browser.run("return document.activeElement.dataset.focus || ''").startswith("host-"):
            break
    opener = browser.run("return document.activeElement.dataset.focus")
    first = browser.run("return document.activeElement.innerText").replace("\n", "")
    assert opener.startswith("host-")
    browser.keys(Keys.ENTER)
    assert browser.text("#detail-title").replace("\n", "") == first
    assert browser.run("return document.getElementById('detail').contains(document.activeElement)")
    browser.keys("j")
    assert browser.text("#detail-title").replace("\n", "") != first
    browser.keys("k")
    browser.keys(Keys.ESCAPE)
    assert not browser.run("return document.getElementById('detail').open")
    assert browser.run("return document.activeElement.dataset.focus") == opener
    assert "host=" not in browser.driver.current_url
    browser.run("document.getElementById('search').focus()")
    browser.keys(Keys.ESCAPE)
    assert browser.found == HOSTS


def test_hostile_names_stay_text(browser: Browser, page_of: Pages) -> None:
    report = fleet(HOSTS // 10, 4)
    browser.look()
    address = page_of("hostile", report)
    hostile = [name for name in report["hosts"] if not re.fullmatch(r"[\w.-]{1,253}", name) or name in HOSTILE]
    assert len(hostile) >= 14
    for name in hostile:
        # What a link can carry: a half of a surrogate pair becomes U+FFFD, and texts are cut in the page.
        shown = name if len(name) <= 2000 else f"{name[:2000]}… ({len(name):,} characters in all)"
        browser.open(address, host=shown.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
        title = browser.run("return document.getElementById('detail-title').textContent")
        assert "no such host" not in browser.text("#detail"), name
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028-\u202e\ufeff]", title)
        assert name[0] in title or title[0] in '\\"', name
    for filters in (
        {},
        {"q": "<script>"},
        {"by": "group"},
        {"by": "package"},
        {"group": HOSTILE[0], "q": HOSTILE[1]},
        {"by": "constructor", "sort": "__proto__", "page": "-7"},
    ):
        browser.open(address, **filters)
    assert browser.run("return document.querySelectorAll('body script, b, i, iframe, img').length") == browser.run(
        "return document.querySelectorAll('body > script, .chip b, .what b').length"
    )
    assert browser.run("return document.title").startswith(browser.text("h1"))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_there_is_no_barrier(browser: Browser, small: str, few: dict[str, Any], size: tuple[int, int], dark: bool) -> None:
    axe = axe_script()
    if axe is None:
        pytest.skip("axe-playwright-python is not installed: make browser installs it")
    browser.look(size, dark=dark)
    tampered = next(name for name, host in few["hosts"].items() if host["state"] == "tampered")
    nothing, groups, details = {"group": "nothing"}, {"state": "tampered,clean", "by": "group", "q": "a"}, {"host": tampered}
    pages: dict[tuple[bool, bool], list[dict[str, str]]] = {
        (False, False): [{}, nothing],
        (False, True): [groups, details],
        (True, False): [groups, details],
        (True, True): [{}],
    }
    for filters in pages[size == PHONE, dark]:
        browser.open(small, **filters)
        browser.run("for (const each of document.querySelectorAll('details')) each.open = true")
        browser.run("for (const each of document.querySelectorAll('main > section')) each.style.contentVisibility = 'visible'")
        browser.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
        done = browser.driver.execute_async_script("const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then(done)")
        violations = [
            f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]} {each['nodes'][0]['any'][:1]}" for each in done["violations"]
        ]
        assert violations == []
        assert len(done["passes"]) > 20


@pytest.mark.parametrize("size", [DESKTOP, PHONE, (320, 600)], ids=["desktop", "phone", "small phone"])
def test_nothing_sticks_out_at_the_side(browser: Browser, page_of: Pages, size: tuple[int, int]) -> None:
    report = fleet(HOSTS // 10, 4)
    address = page_of("hostile", report)
    browser.look(size)
    longest = max(report["hosts"], key=len)
    for filters in ({}, {"sort": "name", "by": "group"}, {"by": "package"}, {"host": longest[:2000]}, {"q": "x" * 300}):
        browser.open(address, **filters)
        width, visible = browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert width <= visible, filters


def changed(report: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**report, **more}


def test_empty_states_say_what_they_mean(browser: Browser, page_of: Pages) -> None:
    base = fleet(30, 9)
    clean_hosts = {
        f"web{number}": {**next(iter(base["hosts"].values())), "state": "clean", "reason": None, "message": "", "findings": []}
        for number in range(30)
    }
    none: dict[str, Any] = dict.fromkeys(base["totals"], 0) | {"causes": {}, "kinds": {}, "severities": {}}
    browser.look()
    browser.open(page_of("clean", changed(base, hosts=clean_hosts, totals=none | {"hosts": 30, "clean": 30}, exit=0, history=None)))
    assert browser.text("h1") == "All 30 hosts are clean."
    assert "Every host is exactly as declared" in browser.text("#hosts")
    assert "No history is kept" in browser.text("#history")
    assert browser.run("return document.querySelectorAll('#hosts .command').length") == 0
    browser.open(page_of("clean", None), q="nothing like it")
    assert "No host matches these filters" in browser.text("#hosts")
    browser.open(page_of("nobody", changed(base, hosts={}, declarations={}, totals=none, history=None)))
    assert browser.text("h1") == "This run had no hosts."
    first = changed(base["history"], trend=base["history"]["trend"][-1:], resolved=[], oldest=[])
    browser.open(page_of("first", changed(base, history=first)))
    assert "This is the first run" in browser.text("#history")


def test_an_incomplete_run_is_said_before_anything_else(browser: Browser, page_of: Pages) -> None:
    base = fleet(30, 9)
    browser.look()
    browser.open(page_of("incomplete", changed(base, run={**base["run"], "complete": False})))
    assert browser.text(".notice.alarm").startswith("This run did not complete.")
    assert "expired" in browser.text(".notice.warn")
    browser.click(".notice.warn a")
    assert browser.run("return document.activeElement.id") == "policy-title"


def test_without_javascript_the_page_still_tells(browser: Browser, small: str, few: dict[str, Any]) -> None:
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.driver.get("about:blank")
        browser.driver.get(small)
        text = browser.driver.find_element("css selector", "body").text
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    totals = few["totals"]
    assert f"{totals['clean']} of 150 hosts are clean" in text
    assert "need JavaScript" in text
    assert text.count("Tampered") > 3


def test_it_prints_what_is_shown_and_no_controls(browser: Browser, large: str, report: dict[str, Any]) -> None:
    from pypdf import PdfReader

    browser.open(large, state="tampered", group="web")
    found = browser.found
    reader = PdfReader(io.BytesIO(browser.printed()))
    text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
    assert "10,000 hosts are clean" in text
    assert "State: Tampered" in text
    plain = [
        name
        for name, host in report["hosts"].items()
        if host["state"] == "tampered" and "web" in host["groups"] and re.fullmatch(r"[\w.-]{1,60}", name)
    ]
    assert found >= len(plain) > 25
    squeezed = text.replace(" ", "")
    assert [name for name in plain if name not in squeezed] == []
    for control in ("Any cause", "Copy the names", "Theme:", "1\u201325 of"):
        assert control not in text
    assert len(reader.pages) < 40
    assert len(browser.texts("#hosts tbody tr")) == 25
    assert browser.console() == []


def test_nothing_is_asked_of_a_network(browser: Browser, large: str) -> None:
    browser.open(large)
    assert browser.run("return performance.getEntriesByType('resource').map((entry) => entry.name)") == []
