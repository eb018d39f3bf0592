# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module system_info: what is installed, and which bundles keep it from being read."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.action.system_info import ActionModule
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_trust import Distrust
from task_samples import BUNDLE_ID, DAMAGED, INFO, ROOT, UNTOUCHED, plugin_of, task_of

SYSTEM_INFO = plugin_of(ActionModule)


def test_a_host_is_asked_for_what_is_installed() -> None:
    assert SYSTEM_INFO.compose(task_of("system_info"))["command"] == "info"


def test_a_host_without_anything_is_an_answer() -> None:
    task = task_of("system_info", facts=UNTOUCHED)
    answer = SYSTEM_INFO.answer_without_interpreter(task)
    assert answer is not None
    assert (answer["info"]["generation"], answer["info"]["bundles"], answer["info"]["damaged"]) == (None, [], [])
    assert task.run.warnings == []


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (DAMAGED, f"the interpreter of {BUNDLE_ID} is damaged"),
        (
            dataclasses.replace(UNTOUCHED, untrusted=(BUNDLE_ID,), distrust=(Distrust("part", "mode", 0, "0777", f"{ROOT}/bundles"),)),
            "another user may change what would run",
        ),
    ],
)
def test_a_host_that_cannot_be_read_says_why(facts: Any, reason: str) -> None:
    task = task_of("system_info", facts=facts)
    answer = SYSTEM_INFO.answer_without_interpreter(task)
    assert answer is not None and answer["info"]["damaged"] == [BUNDLE_ID]
    (warning,) = task.run.warnings
    assert reason in warning


def test_the_answer_has_no_message_and_no_differences() -> None:
    result = {"changed": False, "info": dict(INFO), "diff": {"before": "", "after": "x"}}
    SYSTEM_INFO.finish(result, task_of("system_info"))
    assert result == {"changed": False, "info": {**INFO, "damaged": []}}


def test_an_answer_without_any_information_is_an_error() -> None:
    with pytest.raises(HermeticError, match="without what is installed"):
        SYSTEM_INFO.finish({"changed": False}, task_of("system_info"))
