# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module system: the whole state of a host, its repair, its removal."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action.system import ActionModule
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import DiskFull, HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.known_manifests import KnownManifests
from task_samples import DAMAGED, INFO, INSTALLED, NOTHING, STATE, UNTOUCHED, options_of, plugin_of, requests_of, task_of

SYSTEM = plugin_of(ActionModule)
ONE = [{"name": "python"}]


def test_a_host_that_holds_nothing_is_declared_as_absent() -> None:
    with pytest.raises(HermeticError, match=r"names no bundle.*state absent"):
        SYSTEM.refuse_options(options_of("system"))
    SYSTEM.refuse_options(options_of("system", bundles=ONE))
    SYSTEM.refuse_options(options_of("system", state="absent"))
    SYSTEM.refuse_options(options_of("system", state="repaired"))


def test_what_is_declared_is_all_that_the_host_should_hold() -> None:
    task = task_of("system", bundles=ONE, resolver={"state": STATE})
    request = SYSTEM.compose(task)
    assert (request["command"], request["scope"], request["declaration"]) == ("converge", "system", STATE.declaration)
    assert list(request["artifacts"]) == [STATE.bundles[0].sha256]
    assert task.run.state is STATE


@pytest.mark.parametrize("force", [False, True])
def test_a_removal_declares_nothing(force: bool) -> None:
    request = SYSTEM.compose(task_of("system", state="absent", force=force))
    assert request["command"] == "uninstall"
    assert "declaration" not in request
    assert request.get("force", False) is force


def test_a_repair_takes_what_was_installed_last() -> None:
    task = task_of("system", {"info": INFO}, state="repaired", bundles=ONE, resolver={"state": STATE})
    request = SYSTEM.compose(task)
    assert (request["command"], request["scope"]) == ("converge", "partial")
    assert [asked["command"] for asked in requests_of(task)] == ["info"]


def test_a_host_that_cannot_report_what_it_was_given_is_not_repaired() -> None:
    with pytest.raises(HermeticError, match=r"could not report what it was given: broken\. Install it again"):
        SYSTEM.compose(task_of("system", {"failed": True, "msg": "broken."}, state="repaired"))


def test_an_untouched_host_is_planned_for_without_asking_it() -> None:
    task = task_of("system", bundles=ONE, facts=UNTOUCHED, check=True, resolver={"state": STATE})
    answer = SYSTEM.answer_from_controller(task, SYSTEM.compose(task))
    assert answer is not None and answer["changed"]
    assert "install_bundle bundle:python" in [f"{step['action']} {step['subject']}" for step in answer["plan"]]
    SYSTEM.finish(answer, task)
    assert answer["msg"].startswith(f"{len(answer['plan'])} steps would be taken to generation 1: ")
    assert answer["declared"]["bundles"] == {"python": "3.12.1+1"}
    assert "bundle:python" in answer["diff"]["after"]


@pytest.mark.parametrize("facts", [UNTOUCHED, DAMAGED], ids=["untouched", "damaged"])
def test_a_host_that_is_to_be_changed_is_asked(facts: Any) -> None:
    task = task_of("system", bundles=ONE, facts=facts, resolver={"state": STATE})
    assert SYSTEM.answer_from_controller(task, SYSTEM.compose(task)) is None


def test_an_untouched_host_without_room_is_not_asked() -> None:
    full = dataclasses.replace(UNTOUCHED, free=0)
    task = task_of("system", bundles=ONE, facts=full, resolver={"state": STATE})
    with pytest.raises(DiskFull, match="nothing was changed"):
        SYSTEM.answer_from_controller(task, SYSTEM.compose(task))


def test_a_root_that_is_not_there_is_removed_already() -> None:
    task = task_of("system", state="absent", facts=UNTOUCHED)
    answer = SYSTEM.answer_from_controller(task, SYSTEM.compose(task))
    assert answer == NOTHING
    SYSTEM.finish(answer, task)
    assert answer["msg"] == "Nothing to do: nothing is installed."


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bundles": ONE}, "Nothing to do: generation 2 is as declared."),
        ({"state": "repaired"}, "Nothing to do: generation 2 is as installed."),
        ({"state": "absent"}, "Nothing to do: nothing is installed."),
    ],
)
def test_an_unchanged_host_is_called_what_was_asked_for(given: dict[str, Any], message: str) -> None:
    result = {**NOTHING, "generation": {"before": 2, "after": 2}}
    SYSTEM.finish(result, task_of("system", facts=INSTALLED, **given))
    assert result["msg"] == message
    assert result["declared"] == {"bundles": {}, "virtualenvs": {}}


@pytest.mark.parametrize(("options", "check", "left"), [({"forget": True}, False, 0), ({"forget": True}, True, 1), ({}, False, 1)])
def test_what_is_remembered_of_a_removed_root_is_forgotten_where_that_is_asked_for(
    options: dict[str, Any], check: bool, left: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    task = task_of("system", state="absent", check=check, **options)
    monkeypatch.setattr(SYSTEM, "_host_name", lambda: "here")
    record = KnownManifests.at()
    record.remember({"environments/job-0123456789ab": {"digest": "1" * 64}}, host="here", root=task.run.facts.root, engine="e")
    SYSTEM.finish({"changed": True, "plan": [], "generation": {"before": 1, "after": None}, "bytes": 1, "findings": []}, task)
    assert len(record.of([], host="other", root=task.run.facts.root)) == left


def test_a_record_that_cannot_be_used_is_a_warning_of_the_removal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(SYSTEM, "_host_name", lambda: "here")
    path = KnownManifests.at().path
    path.parent.mkdir(mode=0o700)
    path.write_text("no database, but more than a page of nothing that could be one\n" * 100)
    path.chmod(0o600)
    result: dict[str, Any] = {
        "changed": True,
        "plan": [],
        "generation": {"before": 1, "after": None},
        "findings": [],
        "warnings": ["earlier"],
    }
    SYSTEM.finish(result, task_of("system", state="absent", forget=True))
    assert result["warnings"][0] == "earlier" and "cannot be used" in result["warnings"][1]
