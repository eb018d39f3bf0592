# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module drift: what a host is compared with, and what is reported where nothing there can compare."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action.drift import ActionModule
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_trust import Distrust
from ansible_collections.hermetic.python.plugins.plugin_utils.target.nothing_installed import NothingInstalled
from task_samples import BUNDLE_ID, DAMAGED, INSTALLED, NOTHING, ROOT, STATE, UNTOUCHED, plugin_of, task_of

DRIFT = plugin_of(ActionModule)
ONE = [{"name": "python"}]
CLEAN: dict[str, Any] = {**NOTHING, "generation": {"before": 3, "after": None}}


def _finding(cause: str) -> dict[str, Any]:
    return {"subject": "bundle:python", "kind": "version", "severity": "high", "cause": cause, "actual": "1", "expected": "2"}


def test_a_host_is_compared_with_all_that_is_declared() -> None:
    request = DRIFT.compose(task_of("drift", bundles=ONE, resolver={"state": STATE}))
    assert (request["command"], request["scope"], request["declaration"]) == ("drift", "system", STATE.declaration)


def test_without_a_declaration_a_host_is_compared_with_what_was_installed() -> None:
    assert "declaration" not in DRIFT.compose(task_of("drift"))
    with pytest.raises(HermeticError, match="without any bundle"):
        DRIFT.compose(task_of("drift", virtualenvs=[{"name": "web", "lock": "x"}]))


def test_against_what_was_installed_the_declaration_only_gives_artifacts() -> None:
    task = task_of("drift", against="installed", bundles=ONE, resolver={"state": STATE})
    assert "declaration" not in DRIFT.compose(task)
    assert task.run.state.bundles == STATE.bundles
    with pytest.raises(NothingInstalled):
        DRIFT.compose(task_of("drift", against="installed", facts=UNTOUCHED))


def test_all_is_missing_on_an_untouched_host() -> None:
    task = task_of("drift", bundles=ONE, facts=UNTOUCHED, resolver={"state": STATE})
    answer = DRIFT.answer_from_controller(task, DRIFT.compose(task))
    assert answer is not None
    assert {(each["subject"], each["kind"], each["cause"]) for each in answer["findings"]} >= {("bundle:python", "missing", "pending")}
    assert (answer["changed"], answer["generation"]["after"]) == (False, None)
    DRIFT.finish(answer, task)
    assert not answer["clean"]
    undeclared = task_of("drift", facts=UNTOUCHED)
    assert DRIFT.answer_from_controller(undeclared, DRIFT.compose(undeclared)) is None


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        (DAMAGED, "not_runnable"),
        (dataclasses.replace(INSTALLED, changed="lib/os.py"), "modified"),
        (
            dataclasses.replace(UNTOUCHED, untrusted=(BUNDLE_ID,), distrust=(Distrust("part", "owner", 1000, "0755", f"{ROOT}/bundles"),)),
            "owner",
        ),
    ],
)
def test_a_bundle_that_is_not_started_is_a_finding(facts: Any, kind: str) -> None:
    answer = DRIFT.answer_without_interpreter(task_of("drift", facts=facts))
    assert answer is not None
    assert [(each["subject"], each["kind"]) for each in answer["findings"]] == [("bundle:python", kind)]


def test_a_host_without_any_bundle_has_no_findings_but_a_failure() -> None:
    assert DRIFT.answer_without_interpreter(task_of("drift", facts=UNTOUCHED)) is None


def test_a_clean_host_is_called_what_it_was_compared_with() -> None:
    declared = task_of("drift", bundles=ONE)
    declared.run.state = STATE
    for task, message in (
        (declared, "Clean: generation 3 is what is declared."),
        (task_of("drift"), "Clean: generation 3 is as it was last installed; nothing was declared."),
        (
            task_of("drift", against="installed"),
            "Clean: generation 3 is as it was last installed; it was not compared with the declaration.",
        ),
    ):
        result = dict(CLEAN)
        DRIFT.finish(result, task)
        assert (result["msg"], result["clean"]) == (message, True)


def test_against_what_was_installed_nothing_is_pending() -> None:
    result = {**CLEAN, "findings": [_finding("pending"), _finding("tampered")]}
    DRIFT.finish(result, task_of("drift", against="installed"))
    assert [each["cause"] for each in result["findings"]] == ["tampered"]
    # What still runs from an older tree is no change that waits to be deployed.
    outdated = {**_finding("pending"), "kind": "outdated_process"}
    running = {**CLEAN, "findings": [outdated, _finding("pending")]}
    DRIFT.finish(running, task_of("drift", against="installed"))
    assert (running["findings"], running["clean"]) == ([outdated], False)
    compared = {**CLEAN, "findings": [_finding("pending")]}
    DRIFT.finish(compared, task_of("drift"))
    assert (len(compared["findings"]), compared["clean"]) == (1, False)


@pytest.mark.parametrize("answer", [NOTHING, {"changed": False}, {"changed": False, "generation": {}}])
def test_where_nothing_was_installed_nothing_is_called_clean(answer: dict[str, Any]) -> None:
    with pytest.raises(NothingInstalled):
        DRIFT.finish(dict(answer), task_of("drift", against="installed"))


def test_a_deep_comparison_says_whether_its_own_interpreter_was_verified() -> None:
    task = task_of("drift", verify="deep")
    task.run.verified = True
    result = {**CLEAN, "vouched": {"known": 1, "unknown": []}}
    DRIFT.finish(result, task)
    assert result["vouched"]["interpreter"] is True
