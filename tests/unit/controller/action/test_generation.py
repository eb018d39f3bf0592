# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module generation: one action on one generation, and what it led to."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.action.generation import ActionModule
from task_samples import INSTALLED, NOTHING, UNTOUCHED, plugin_of, task_of

GENERATION = plugin_of(ActionModule)


def test_a_generation_is_named_in_the_request() -> None:
    request = GENERATION.compose(task_of("generation", state="pinned", number="41"))
    assert (request["command"], request["generation"]) == ("generation", {"action": "pin", "number": 41})


def test_only_a_host_knows_its_generations() -> None:
    task = task_of("generation", facts=UNTOUCHED)
    assert GENERATION.answer_from_controller(task, GENERATION.compose(task)) is None
    assert GENERATION.answer_without_interpreter(task) is None


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ("active", "Nothing to do: generation 2 is the current one already."),
        ("pinned", "Nothing to do: the generation is pinned already."),
        ("unpinned", "Nothing to do: the generation is not pinned."),
        ("pruned", "Nothing to do: nothing can be removed."),
    ],
)
def test_what_nobody_declared_is_not_called_as_declared(state: str, message: str) -> None:
    result = {**NOTHING, "generation": {"before": 2, "after": 2}}
    GENERATION.finish(result, task_of("generation", facts=INSTALLED, state=state))
    assert result["msg"] == message
    assert "declared" not in result
