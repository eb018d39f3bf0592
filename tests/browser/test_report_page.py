# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report's page in a real browser: fast at ten thousand hosts, right, shareable, and usable by everyone."""

from __future__ import annotations

import os
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from acting_characters import ACTING
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.printable import printable
from browsing import HOSTS, Browser
from generated_fleet import fleet

PROJECT = Path(__file__).resolve().parents[2]
OPEN_SECONDS = 3.0
FILTER_MILLISECONDS = 200.0
TRIES = 10
"""How often a busy machine may try; the best counts."""

Pages = Callable[[str, Any], str]


def counted(host: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [finding for finding in host["findings"] if finding["counts"]]


def test_the_page_of_ten_thousand_hosts_opens_fast(browser: Browser, large: str) -> None:
    fast = any(browser.open(large) < OPEN_SECONDS for _ in range(TRIES))
    # Where others want the processors more than there are processors, the clock tells about them and not about the page.
    assert fast or os.getloadavg()[0] >= (os.cpu_count() or 1)


FILTER_ACTIONS = {
    "a state": "document.querySelector('.tile.tampered').click()",
    "a group": "const s = document.getElementById('filter-group'); s.value = 'web'; s.dispatchEvent(new Event('change'))",
    "a kind": "const s = document.getElementById('filter-kind'); s.value = 'modified'; s.dispatchEvent(new Event('change'))",
    "a search": "const s = document.getElementById('search'); s.value = 'flask'; s.dispatchEvent(new Event('input'))",
    "a search of two words": "const s = document.getElementById('search'); s.value = 'prod .com'; s.dispatchEvent(new Event('input'))",
    "a finding": "document.querySelector('#affected tbody a').click()",
    "a version": "document.querySelector('#versions .versions a').click()",
}


@pytest.mark.parametrize("action", FILTER_ACTIONS)
def test_a_filter_answers_at_once(browser: Browser, large: str, action: str) -> None:
    by_clock, own_work = [], []
    for _ in range(TRIES):
        browser.open(large)
        there = browser.milliseconds(FILTER_ACTIONS[action])
        back = browser.milliseconds("document.querySelector('.clear').click()")
        assert browser.console() == []
        by_clock.append(max(there[0], back[0]))
        own_work.append(max(there[1], back[1]))
        if max(min(by_clock), min(own_work)) < FILTER_MILLISECONDS:
            break
    assert min(own_work) < FILTER_MILLISECONDS
    # Where others want the processors more than there are processors, the clock tells about them and not about the page.
    if os.getloadavg()[0] < (os.cpu_count() or 1):
        assert min(by_clock) < FILTER_MILLISECONDS


def test_the_headline_and_the_states_are_those_of_the_report(browser: Browser, large: str, report: dict[str, Any]) -> None:
    browser.open(large)
    totals = report["totals"]
    assert f"{totals['clean']:,} of {totals['hosts']:,} hosts are clean; {totals['tampered']:,} were tampered with." in browser.text("h1")
    for state in ("tampered", "interrupted", "pending", "not_checked", "clean"):
        assert browser.text(f".tile.{state} .tile-count") == f"{totals[state]:,}"
    assert browser.found == HOSTS


def finding_where(**wanted: Any) -> Callable[[str, Mapping[str, Any]], bool]:
    return lambda name, host: any(all(finding[key] == value for key, value in wanted.items()) for finding in counted(host))


FILTERS: dict[str, tuple[dict[str, str], Callable[[str, Mapping[str, Any]], bool]]] = {
    "state": ({"state": "tampered"}, lambda name, host: host["state"] == "tampered"),
    "states": ({"state": "pending,not_checked"}, lambda name, host: host["state"] in ("pending", "not_checked")),
    "reason": ({"reason": "unreachable"}, lambda name, host: host["reason"] == "unreachable"),
    "cause": ({"cause": "pending"}, finding_where(cause="pending")),
    "cause and kind": ({"cause": "tampered", "kind": "modified"}, finding_where(cause="tampered", kind="modified")),
    "severity": ({"severity": "high"}, finding_where(severity="high")),
    "new": ({"new": "1"}, finding_where(new=True)),
    "group": ({"group": "dc4"}, lambda name, host: "dc4" in host["groups"]),
    "platform": ({"platform": "linux-aarch64"}, lambda name, host: host["platform"] == "linux-aarch64"),
    "bundle": ({"bundle": "python 3.12.1+4"}, lambda name, host: host["bundles"].get("python") == "3.12.1+4"),
    "subject": ({"subject": "store"}, finding_where(subject="store")),
    "package": ({"package": "recipes/flask"}, finding_where(subject="package:recipes/flask")),
    "ignored": ({"policy": "ignored"}, lambda name, host: any(finding["ignored"] is not None for finding in host["findings"])),
    "rule": ({"policy": "rule-0"}, lambda name, host: any(finding["ignored"] == 0 for finding in host["findings"])),
    "below": (
        {"policy": "below"},
        lambda name, host: any(not finding["counts"] and finding["ignored"] is None for finding in host["findings"]),
    ),
    "search a host": ({"q": "DB0123"}, lambda name, host: "db0123" in name.lower() or "db0123" in host["message"].lower()),
    "search a path": (
        {"q": "site-packages/flask/app.py"},
        lambda name, host: any("site-packages/flask/app.py" in f"{each['subject']} {each['path']}".lower() for each in host["findings"]),
    ),
    "two words": ({"q": "edge worker"}, lambda name, host: False),
    "all at once": (
        {"state": "tampered", "group": "prod", "severity": "high", "cause": "tampered"},
        lambda name, host: host["state"] == "tampered" and "prod" in host["groups"] and finding_where(severity="high", cause="tampered")(name, host),
    ),
    "nothing": ({"group": "no such group"}, lambda name, host: False),
}  # fmt: skip


@pytest.mark.parametrize("name", FILTERS)
def test_a_link_filters_as_the_report_says(browser: Browser, large: str, report: dict[str, Any], name: str) -> None:
    filters, wanted = FILTERS[name]
    browser.open(large, **filters)
    matching = sum(wanted(host, entry) for host, entry in report["hosts"].items())
    assert browser.found == matching
    assert matching or name in ("nothing", "two words")


def test_groups_of_findings_are_counted_as_in_the_report(browser: Browser, large: str, report: dict[str, Any]) -> None:
    hosts: Counter[tuple[str, str, str]] = Counter()
    for host in report["hosts"].values():
        hosts.update({(finding["subject"], finding["kind"], finding["cause"]) for finding in counted(host)})
    browser.open(large)
    rows = browser.run(
        "return [...document.querySelectorAll('#affected tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    shown = [((row[0], row[1].replace(" ", "_"), row[2]), int(row[4].replace(",", ""))) for row in rows]
    assert [number for _, number in shown] == [number for _, number in hosts.most_common(len(shown))]
    for key, number in shown:
        assert hosts[key] == number
    assert browser.text("#affected .pager span:not(.off)").endswith(f"of {len(hosts)}")


def test_versions_are_counted_as_in_the_report(browser: Browser, large: str, report: dict[str, Any]) -> None:
    found: Counter[str] = Counter()
    for host in report["hosts"].values():
        if host["state"] == "not_checked" or host["declared"] is None:
            continue
        versions = {f["subject"]: f["actual"] for f in host["findings"] if f["kind"] in ("version", "missing", "unexpected")}
        declared = report["declarations"][host["declared"]]["virtualenvs"].get("recipes", {}).get("packages", {}).get("flask")
        if declared is None and "package:recipes/flask" not in versions:
            continue
        gone = any(f["subject"] == "virtualenv:recipes" and f["kind"] == "missing" for f in host["findings"])
        version = versions.get("package:recipes/flask", None if gone else declared)
        found["missing" if version is None else re.sub(r", \d+ paths differ$", "", version)] += 1
    browser.open(large, vq="recipes/flask")
    links = browser.run("return [...document.querySelectorAll('#versions tbody tr:first-child .versions a')].map((link) => link.title)")
    shown = {title.split(":")[0]: int(re.sub(r"\D", "", title.split(": ")[1].split(" ")[0])) for title in links}
    assert shown == {version: number for version, number in found.items() if version in shown}
    assert len(shown) >= min(4, len(found))
    for version, number in shown.items():
        browser.open(large, package="recipes/flask", version=version)
        assert browser.found == number


@pytest.mark.parametrize("by", ["group", "bundle"])
def test_groups_and_bundles_are_counted_as_in_the_report(browser: Browser, large: str, report: dict[str, Any], by: str) -> None:
    names = {
        "group": lambda host: host["groups"],
        "bundle": lambda host: [f"{name} {release}" for name, release in host["bundles"].items()],
    }[by]
    hosts: Counter[str] = Counter()
    unclean: Counter[str] = Counter()
    for host in report["hosts"].values():
        hosts.update(names(host))
        unclean.update(names(host) if host["state"] != "clean" else [])
    browser.open(large, by=by)
    rows = browser.run(
        "return [...document.querySelectorAll('#affected tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    )
    for row in rows:
        assert (int(row[2].replace(",", "")), int(row[-1].replace(",", ""))) == (unclean[row[0]], hosts[row[0]])
    assert len(rows) == min(10, len(hosts))


def test_a_link_keeps_what_its_sender_saw_and_back_goes_back(browser: Browser, large: str) -> None:
    browser.open(large)
    browser.click(".tile.tampered")
    browser.click("#affected tbody a")
    browser.run("const s = document.getElementById('filter-group'); s.value = 'web'; s.dispatchEvent(new Event('change'))")
    browser.click("#hosts thead a[data-focus='sort-name']")
    address, found, chips = browser.driver.current_url, browser.found, browser.texts("#chips .chip")
    first = browser.text("#hosts tbody th")
    assert len(chips) == 5
    assert "state=tampered" in address
    assert "group=web" in address
    browser.driver.get("about:blank")
    browser.driver.get(address)
    assert (browser.found, browser.texts("#chips .chip"), browser.text("#hosts tbody th")) == (found, chips, first)
    assert browser.text("#hosts th[aria-sort]") == "Host\n▲" or browser.text("#hosts th[aria-sort]").startswith("Host")
    browser.open(large)
    browser.click(".tile.tampered")
    browser.click(".tile.pending")
    both = browser.found
    browser.driver.back()
    assert browser.found < both
    assert browser.texts("#chips .chip") == ["State: Tampered"]
    browser.driver.back()
    assert browser.found == HOSTS
    browser.driver.forward()
    assert browser.texts("#chips .chip") == ["State: Tampered"]


def test_removing_a_chip_removes_its_filter_only(browser: Browser, large: str) -> None:
    browser.open(large, state="tampered", group="web")
    browser.click(".chip[data-focus='chip-state']")
    assert browser.texts("#chips .chip") == ["Group: web"]
    browser.click(".clear")
    assert browser.found == HOSTS
    assert browser.texts("#chips .chip") == []


def test_pages_and_orders(browser: Browser, large: str, report: dict[str, Any]) -> None:
    browser.open(large, sort="-name", page="2", state="clean")
    clean = [name for name, host in report["hosts"].items() if host["state"] == "clean"]
    names = browser.texts("#hosts tbody th")
    assert len(names) == 25
    assert f"26\u201350 of {len(clean):,}" in browser.text("#hosts .pager")
    browser.click("#hosts .pager [aria-label='Page before']")
    assert not set(names) & set(browser.texts("#hosts tbody th"))
    browser.click("#hosts thead a[data-focus='sort-name']")
    assert browser.run("return document.activeElement.dataset.focus") == "sort-name"
    assert browser.text("#hosts tbody th").replace("\n", "") < names[0]


def test_the_details_of_a_host_hold_all_of_its_findings(browser: Browser, large: str, report: dict[str, Any]) -> None:
    name, host = max(report["hosts"].items(), key=lambda item: (len(item[1]["findings"]), item[0].isascii()))
    browser.open(large, host=name)
    assert browser.text("#detail-title") == name
    assert sorted(browser.texts("#detail .finding-subject")) == sorted(finding["subject"] for finding in host["findings"])
    facts = browser.text("#detail .detail-body")
    assert str(host["generation"]) in facts
    assert all(group in facts for group in host["groups"])
    for finding in host["findings"]:
        assert finding["remedy"] in facts
    assert f"ansible-playbook hermetic.python.repair -e repair_hosts={name}" in facts


def test_an_unknown_host_in_a_link_is_said(browser: Browser, small: str) -> None:
    browser.open(small, host="nobody")
    assert "no such host" in browser.text("#detail")


def test_commands_hold_the_hosts_that_match_and_no_name_that_could_do_harm(browser: Browser, page_of: Pages) -> None:
    report = fleet(1000, 6)
    browser.look()
    address = page_of("commands", report)
    causes = {name: {each["cause"] for each in host["findings"] if each["counts"]} for name, host in report["hosts"].items()}
    drifting = [name for name, found in causes.items() if found & {"tampered", "interrupted"}]
    waiting = {name for name, found in causes.items() if "pending" in found}
    plain = {name for name in drifting if re.fullmatch(r"[\w.-]+", name) and len(name) < 254}
    assert len(plain) < len(drifting)
    browser.open(address)
    browser.run(
        "window.written = []; URL.createObjectURL = (blob) => { blob.text().then((text) => window.written.push(text)); return '#'; }"
    )
    assert browser.text("#hosts .command code") == "ansible-playbook hermetic.python.repair -e @repair-hosts.yml"
    browser.click("#hosts [data-focus='file-repair']")
    browser.click("#hosts [data-focus='file-deploy']")
    written = browser.driver.execute_async_script("const done = arguments[0]; setTimeout(() => done(window.written), 200)")
    sites = yaml.safe_load(written[1])["site_hosts"]
    assert set(sites) == {name for name in waiting if re.fullmatch(r"[\w.-]+", name) and len(name) < 254}
    variables = yaml.safe_load(written[0])
    assert list(variables) == ["repair_hosts"]
    assert len(variables["repair_hosts"]) == len(plain)
    assert set(variables["repair_hosts"]) == plain
    assert f"{len(drifting) - len(plain)} hosts have names that no command can carry" in browser.text("#hosts .command")
    browser.open(address, state="tampered", group="web")
    wanted = {name for name, host in report["hosts"].items() if host["state"] == "tampered" and "web" in host["groups"]} & plain
    command = browser.text("#hosts .command code")
    assert command.startswith("ansible-playbook hermetic.python.repair -e repair_hosts=")
    assert set(command.rpartition("=")[2].split(",")) == wanted


def test_commands_are_those_of_how_the_run_was_started(browser: Browser, page_of: Pages, few: dict[str, Any]) -> None:
    begin = "ansible-playbook -i 'inventories/with blank' -e @vars.yml"
    commands = {
        "repair": f"{begin} playbooks/repair.yml",
        "deploy": f"{begin} playbooks/site.yml",
        "check": f"{begin} playbooks/drift.yml",
        "directory": "/srv/\u202efleet",
        "left_out": ["pass\x1b"],
    }
    base = {"id": "20261101T180000Z-000000", "ended": "2026-11-01T18:00:00Z"}
    gone = next(name for name, host in few["hosts"].items() if host["state"] == "clean" and re.fullmatch(r"[\w.-]+", name))
    hosts = {**few["hosts"], gone: {**few["hosts"][gone], "state": "not_checked", "reason": "unreachable"}}
    few = {**few, "hosts": hosts}
    browser.look()
    browser.open(page_of("started", {**few, "run": {**few["run"], "commands": commands, "base": base}}))
    shown = browser.texts("#hosts .command code")
    assert shown[0].startswith(f"{begin} playbooks/repair.yml -e ")
    assert shown[1].startswith(f"{begin} playbooks/site.yml -e site_hosts=")
    assert shown[2].startswith(f"{begin} playbooks/drift.yml -e ")
    assert "repair_declared=true" in browser.text("#hosts .command .hint")
    hint = browser.text("#hosts .commands > .hint")
    assert "/srv/\\u202efleet" in hint
    assert "pass\\x1b" in hint
    assert "as earlier runs found them (all were in the run of 2026-11-01T18:00:00Z)" in browser.text(".notice")
    # Merged reports have no commands of their own.
    browser.open(page_of("merged", {**few, "run": {**few["run"], "commands": None, "base": None}}))
    assert browser.texts("#hosts .command code")[0].startswith("ansible-playbook hermetic.python.repair -e ")
    assert "-i INVENTORY" in browser.text("#hosts .commands > .hint")


def test_the_page_escapes_every_code_point_as_results_do(browser: Browser, small: str) -> None:
    browser.open(small)
    program = (PROJECT / "plugins/plugin_utils/drift_report/formats/page/text.js").read_text(encoding="utf-8")
    script = """
        const changed = {};
        for (let code = 0; code <= 0x10ffff; code++) {
            const character = String.fromCodePoint(code);
            const shown = visible(character);
            if (shown !== character) changed[code] = shown;
        }
        return changed;
    """
    changed = {code: printable(chr(code)) for code in range(sys.maxunicode + 1) if printable(chr(code)) != chr(code)}
    assert {int(code): shown for code, shown in browser.run(f"{program}\n{script}").items()} == changed
    assert set(changed) == ACTING
