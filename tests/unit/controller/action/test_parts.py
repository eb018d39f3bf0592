# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules bundle and virtualenv: one part of a host, which leaves the rest as it is."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action import bundle, virtualenv
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from task_samples import DAMAGED, INFO, NOTHING, STATE, UNTOUCHED, VIRTUALENV_STATE, plugin_of, requests_of, task_of

BUNDLE, VIRTUALENV = plugin_of(bundle.ActionModule), plugin_of(virtualenv.ActionModule)


def test_a_bundle_is_declared_beside_what_the_host_has() -> None:
    task = task_of("bundle", name="python", resolver={"bundle": STATE})
    request = BUNDLE.compose(task)
    assert (request["command"], request["scope"], request["declaration"]) == ("converge", "partial", STATE.declaration)


def test_a_virtualenv_stands_on_what_the_host_reports() -> None:
    task = task_of("virtualenv", {"info": INFO}, name="web", lock="x", resolver={"virtualenv": VIRTUALENV_STATE})
    request = VIRTUALENV.compose(task)
    assert [asked["command"] for asked in requests_of(task)] == ["info"]
    assert (request["command"], request["scope"], request["declaration"]) == ("converge", "partial", VIRTUALENV_STATE.declaration)


def test_a_virtualenv_on_a_host_that_reports_nothing_is_an_error() -> None:
    with pytest.raises(HermeticError, match=r"could not report what bundles it has: broken\. Repair it"):
        VIRTUALENV.compose(task_of("virtualenv", {"failed": True, "msg": "broken."}, name="web", lock="x"))


@pytest.mark.parametrize(("plugin", "module", "kind"), [(BUNDLE, "bundle", "bundles"), (VIRTUALENV, "virtualenv", "virtualenvs")])
def test_an_absent_part_is_known_by_its_name_alone(plugin: Any, module: str, kind: str) -> None:
    task = task_of(module, name="web", state="absent")
    request = plugin.compose(task)
    assert request["declaration"]["absent"][kind] == ["web"]
    assert (request["scope"], requests_of(task)) == ("partial", [])
    with pytest.raises(HermeticError, match=r"(bundle|VirtualEnv) names cannot be used.*is a path"):
        plugin.compose(task_of(module, name="../x", state="absent"))


@pytest.mark.parametrize(("plugin", "module"), [(BUNDLE, "bundle"), (VIRTUALENV, "virtualenv")])
def test_nothing_is_removed_from_a_host_that_has_nothing(plugin: Any, module: str) -> None:
    task = task_of(module, name="web", state="absent", facts=UNTOUCHED)
    answer = plugin.answer_from_controller(task, plugin.compose(task))
    assert answer == NOTHING
    plugin.finish(answer, task)
    assert answer["msg"] == "Nothing to do: generation none is as declared."
    damaged = task_of(module, name="web", state="absent", facts=DAMAGED)
    assert plugin.answer_from_controller(damaged, plugin.compose(damaged)) is None


def test_a_bundle_on_an_untouched_host_is_planned_without_asking_it() -> None:
    task = task_of("bundle", name="python", facts=UNTOUCHED, check=True, resolver={"bundle": STATE})
    answer = BUNDLE.answer_from_controller(task, BUNDLE.compose(task))
    assert answer is not None and answer["bundles"] == {"python": "3.12.1+1"}


@pytest.mark.parametrize(("plugin", "module", "state"), [(BUNDLE, "bundle", STATE), (VIRTUALENV, "virtualenv", VIRTUALENV_STATE)])
def test_the_result_names_what_was_declared(plugin: Any, module: str, state: Any) -> None:
    task = task_of(module, name="web")
    task.run.state = state
    result = {**NOTHING, "generation": {"before": 1, "after": 2}, "plan": [{"action": "a", "subject": "b", "reason": "c"}]}
    plugin.finish(result, task)
    assert result["declared"] == state.summary
    assert result["msg"] == "1 step taken to generation 2: a b."
