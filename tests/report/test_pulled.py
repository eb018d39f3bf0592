# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports that hosts left of themselves become one, whatever some of them are."""

from __future__ import annotations

import datetime
import json
import os
from pathlib import Path
from typing import Any

import format_readers as read
import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import Report, declaration_key, not_checked
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.pulled import LARGEST, file_name, host_of
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.recording import Written, merge_hosts
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.settings import ARGUMENT_SPEC, parse_settings
from report_samples import finding, host, report

NOW = datetime.datetime.now(datetime.UTC)


def moment(hours: float) -> str:
    return (NOW + datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def of_host(name: str, *findings: dict[str, Any], at: str | None = None, **changed: Any) -> Report:
    at = at or moment(-1)
    return report({name: {**host(*findings), "checked": at, "declared": None, **changed}})


class Fleet:
    """A directory with reports of hosts."""

    def __init__(self, directory: Path) -> None:
        self.directory, self.place = directory, directory / "pulled"
        self.place.mkdir()

    def leave(self, name: str, made: Report | str | bytes) -> None:
        text = json.dumps(made) if isinstance(made, dict) else made
        (self.place / file_name(name)).write_bytes(text if isinstance(text, bytes) else text.encode())

    def merged(self, *, hours: int = 24, expected: tuple[str, ...] = (), **options: Any) -> Written:
        defaults = {name: option.get("default") for name, option in ARGUMENT_SPEC.items()}
        given = {**defaults, "directory": str(self.directory / "out"), "formats": ["json"], **options}
        written = merge_hosts([self.place], parse_settings(given), hours=hours, expected=expected)
        read.of_json(written.files["json"].read_text())
        return written

    def states(self, **options: Any) -> dict[str, str]:
        return {name: entry["state"] for name, entry in self.merged(**options).report["hosts"].items()}


@pytest.fixture
def fleet(tmp_path: Path) -> Fleet:
    return Fleet(tmp_path)


def test_reports_of_hosts_become_one_with_what_each_says_of_itself(fleet: Fleet) -> None:
    fleet.leave("a", of_host("a"))
    fleet.leave("b", of_host("b", finding()))
    written = fleet.merged(expected=("a", "c"))
    states = {name: entry["state"] for name, entry in written.report["hosts"].items()}
    assert states == {"a": "clean", "b": written.report["hosts"]["b"]["findings"][0]["cause"], "c": "not_checked"}
    assert written.report["hosts"]["c"]["message"] == "This host has left no report."
    assert (written.problem, written.report["exit"]) == (None, 1)


def test_a_host_speaks_for_itself_only(fleet: Fleet) -> None:
    fleet.leave("a", of_host("a", finding()))
    forged = report({"a": {**host(), "checked": moment(0), "declared": None}, "b": {**host(), "checked": moment(0), "declared": None}})
    fleet.leave("b", forged)
    made = fleet.merged().report
    assert list(made["hosts"]) == ["a", "b"]
    assert len(made["hosts"]["a"]["findings"]) == 1


def test_what_other_hosts_have_declared_cannot_be_changed_under_its_key(fleet: Fleet) -> None:
    declared = {"bundles": {"python": "3.12.1+1"}, "virtualenvs": {}}
    key = str(declaration_key(declared))
    fleet.leave("a", {**of_host("a", declared=key), "declarations": {key: declared}})
    fleet.leave("b", {**of_host("b", declared=key), "declarations": {key: {"bundles": {"python": "6.6.6+6"}, "virtualenvs": {}}}})
    fleet.leave("c", {**of_host("c", declared=key), "declarations": {}})
    made = fleet.merged().report
    assert made["declarations"] == {key: declared}
    assert [entry["state"] for entry in made["hosts"].values()] == ["clean", "not_checked", "not_checked"]


def test_a_host_cannot_ignore_its_own_findings(fleet: Fleet) -> None:
    ignores = [{"reason": "x", "expires": "2999-01-01", "hosts": "*", "subject": "*", "kind": "*", "cause": "*", "path": "*"}]
    made = of_host("a", finding())
    made["policy"] = {**made["policy"], "ignores": [{**each, "expired": False, "matched": 1} for each in ignores]}
    made["hosts"]["a"]["findings"][0] |= {"ignored": 0, "counts": False}
    made["hosts"]["a"]["state"] = "clean"
    fleet.leave("a", made)
    written = fleet.merged()
    assert written.report["totals"]["findings"] == 1
    assert written.report["hosts"]["a"]["state"] != "clean"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "only a part of it was uploaded"),
        (json.dumps(of_host("a"))[:-40], "only a part of it was uploaded"),
        (b"\xff\xfe\x00", "no JSON"),
        ("[" * 100_000, "no JSON"),
        ("{}", "no drift report"),
        ("[]", "no drift report"),
        (json.dumps({**of_host("a"), "format": 99}), "format"),
        (json.dumps({**of_host("a"), "format": True}), "format"),
        (json.dumps(of_host("b")), "says nothing of this host"),
        (json.dumps(of_host("a", at=moment(-25))), "and only what is not older than"),
        (json.dumps(of_host("a", at=moment(2))), "still to come"),
        (json.dumps(of_host("a", at="2026-99-99T99:99:99Z")), "no drift report"),
        (json.dumps({**of_host("a"), "more": "x" * LARGEST}), f"more than {LARGEST} bytes"),
        (json.dumps({**of_host("a"), "run": None}), "no drift report"),
    ],
    ids=range(14),
)
def test_a_report_that_is_of_no_use_leaves_its_host_not_checked_and_the_others_as_they_are(
    fleet: Fleet, content: str | bytes, words: str
) -> None:
    fleet.leave("a", content)
    fleet.leave("b", of_host("b"))
    made = fleet.merged().report
    assert (made["hosts"]["a"]["state"], made["hosts"]["b"]["state"]) == ("not_checked", "clean")
    assert words in made["hosts"]["a"]["message"]
    assert len(made["hosts"]["a"]["message"]) < 1000


def test_a_host_that_failed_and_has_been_silent_since_is_said_to_be(fleet: Fleet) -> None:
    for name, at in (("a", -1), ("b", -30)):
        made = report({name: not_checked("failed", "no route")})
        fleet.leave(name, {**made, "run": {**made["run"], "started": moment(at), "ended": moment(at)}})
    hosts = fleet.merged().report["hosts"]
    assert hosts["a"]["message"] == "no route"
    assert "not older than" in hosts["b"]["message"] and "no route" in hosts["b"]["message"]


def test_no_file_leads_elsewhere_or_keeps_the_merge_waiting(fleet: Fleet, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text(json.dumps(of_host("link")))
    os.symlink(tmp_path / "secret.json", fleet.place / "link.json")
    os.mkfifo(fleet.place / "pipe.json")
    (fleet.place / "folder.json").mkdir()
    (fleet.place / ".upload.json").write_text("half")
    fleet.leave("a", of_host("a"))
    assert fleet.states() == {"a": "clean", "folder": "not_checked", "link": "not_checked", "pipe": "not_checked"}


def test_files_of_no_host_are_named_and_stop_nothing(fleet: Fleet) -> None:
    for number in range(8):
        (fleet.place / f"no host {number}.json").write_text("x")
    fleet.leave("a", of_host("a"))
    written = fleet.merged()
    assert list(written.report["hosts"]) == ["a"]
    assert written.problem is not None and "and 3 more" in written.problem


def test_a_directory_that_is_gone_is_no_empty_fleet(fleet: Fleet) -> None:
    fleet.place.rmdir()
    with pytest.raises(HermeticError, match="cannot be read"):
        fleet.merged()


@pytest.mark.parametrize("name", ["a.json", "web01.example.com.json", "_x.json"])
def test_a_file_is_named_by_its_host(name: str) -> None:
    found = host_of(name)
    assert found is not None and file_name(found) == name


@pytest.mark.parametrize(
    "name", [".json", "..json", "a", "a.JSON", "a b.json", "-a.json", "a/b.json", "ä.json", "a\n.json", f"{'a' * 201}.json"]
)
def test_other_files_are_of_no_host(name: str) -> None:
    assert host_of(name) is None
