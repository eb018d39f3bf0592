# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a job on Windows is ended and handed on: the module's answers are given by the test."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.target.reached_host import ReachedHost
from ansible_collections.hermetic.python.plugins.plugin_utils.target.windows_driver import engine_time_limit


@pytest.mark.parametrize(
    ("timeout", "in_background", "limit"),
    [(0, 0, 24 * 3600), (60, 0, 45), (0, 60, 45), (600, 60, 45), (30, 0, 20), (9, 0, 6), (1, 0, 1), (7200, 3600, 3585)],
)
def test_the_engine_is_ended_before_the_task_is(timeout: int, in_background: int, limit: int) -> None:
    assert engine_time_limit(timeout, in_background) == limit


@pytest.mark.parametrize("in_background", [False, True])
def test_a_job_in_the_background_is_handed_to_the_wrapper_of_ansible(in_background: bool) -> None:
    asked: dict[str, Any] = {}
    task = SimpleNamespace(async_val=60)
    # Ansible wraps a module of PowerShell by this number, and not by what it is asked for.
    action = SimpleNamespace(
        _task=task, _execute_module=lambda **settings: asked.update(settings, wrapped=task.async_val) or {"started": 1}
    )
    reached = ReachedHost(action, module="system", variables={"a": 1})
    assert reached.powershell_module({"background": in_background}, in_background=in_background) == {"started": 1}
    assert asked == {
        "module_name": "hermetic.python.win_engine",
        "module_args": {"background": in_background},
        "task_vars": {"a": 1},
        "wrap_async": in_background,
        "wrapped": 60 if in_background else 0,
    }
    assert task.async_val == 60


def test_a_module_that_fails_leaves_the_task_one_with_async() -> None:
    def fail(**_settings: Any) -> None:
        raise OSError("unreachable")

    task = SimpleNamespace(async_val=60)
    with pytest.raises(OSError, match="unreachable"):
        ReachedHost(SimpleNamespace(_task=task, _execute_module=fail), module="system", variables={}).powershell_module(
            {}, in_background=False
        )
    assert task.async_val == 60
