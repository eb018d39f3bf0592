# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of several controllers become one: every host from the one that knows most of it, judged by one policy."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.document import Report, not_checked
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.merging import merge
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.run.report_request import checked
from generated_fleet import fleet
from report_samples import finding, host, policy, report


def merged(*reports: Report) -> Report:
    return merge({str(number): each for number, each in enumerate(reports)}, None)


def test_the_slices_of_a_fleet_make_the_fleet() -> None:
    whole = fleet(600, 5)
    names = list(whole["hosts"])
    slices = [{**whole, "hosts": {name: whole["hosts"][name] for name in names[start::3]}} for start in range(3)]
    made = merged(*slices)
    assert made["hosts"] == whole["hosts"]
    assert made["totals"] == {**whole["totals"], "resolved": 0}
    assert (made["declarations"], made["policy"], made["exit"]) == (whole["declarations"], whole["policy"], whole["exit"])


def test_a_host_is_taken_from_the_one_that_checked_it_last() -> None:
    early, late = host(finding(), checked="2026-11-24T10:00:00Z"), host(checked="2026-11-24T11:00:00Z")
    for order in ((early, late), (late, early)):
        assert merged(*(report({"a": entry}) for entry in order))["hosts"]["a"]["state"] == "clean"


def test_a_host_that_one_checked_is_checked() -> None:
    one, other = report({"a": host(finding())}), report({"a": not_checked("outside_limit")})
    for order in ((one, other), (other, one)):
        assert (merged(*order)["hosts"]["a"]["state"], merged(*order)["exit"]) == ("pending", 2)


def test_of_two_reasons_the_one_that_tells_more_is_kept() -> None:
    one, other = report({"a": not_checked("outside_limit")}), report({"a": not_checked("unreachable", "no route")})
    for order in ((one, other), (other, one)):
        assert merged(*order)["hosts"]["a"]["reason"] == "unreachable"


def test_the_run_is_all_of_them() -> None:
    one = report({}, id="x", started="2026-11-24T10:00:00Z", ended="2026-11-24T10:05:00Z", controllers=["b"], verify="quick")
    other = report({}, id="y", started="2026-11-24T09:00:00Z", ended="2026-11-24T12:00:00Z", controllers=["a"], complete=False)
    run = merged(one, other)["run"]
    assert run == {**merged(other, one)["run"], "id": run["id"]}
    assert (run["started"], run["ended"], run["controllers"]) == ("2026-11-24T09:00:00Z", "2026-11-24T12:00:00Z", ["a", "b"])
    assert (run["complete"], run["verify"], run["id"][:16]) == (False, "quick", "20261124T120000Z")


def test_one_policy_judges_all() -> None:
    one, other = report({"a": host(finding())}), report({"b": host(finding())}, by=policy({"kind": "*"}))
    with pytest.raises(HermeticError, match="different policies"):
        merged(one, other)
    made = merge({"one": one, "other": other}, policy({"hosts": "a"}))
    assert [made["hosts"][name]["state"] for name in ("a", "b")] == ["clean", "pending"]


def test_a_report_of_another_format_is_named() -> None:
    with pytest.raises(HermeticError) as raised:
        merge({"old.json": {"format": 1}, "new.json": report({})}, None)
    assert raised.value.problems == ["old.json: format 1; this release reads 2"]


def test_everything_that_cannot_be_merged_is_reported_at_once(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps(report({})))
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "other.json").write_text("{}")
    options = {"directory": str(tmp_path), "name": "drift", "formats": ["json"], "fail": True, "show": True}
    options |= {"update": True, "history": True, "history_days": 1, "pulled": [], "pulled_hours": 24, "pulled_expected": []}
    with pytest.raises(HermeticError) as raised:
        checked({**options, "policy": str(tmp_path / "none.yml"), "merge": [f"{tmp_path}/*.json", f"{tmp_path}/nowhere/*"]})
    problems = "\n".join(raised.value.problems)
    for text in ("bad.json", "other.json is not a drift report", "nowhere", "none.yml"):
        assert text in problems
    good = checked({**options, "policy": None, "prometheus_file": None, "merge": [f"{tmp_path}/g*.json", f"{tmp_path}/good.json"]})
    assert good["merge"] == [str(tmp_path / "good.json")]
    assert Path(good["directory"]).is_absolute()
