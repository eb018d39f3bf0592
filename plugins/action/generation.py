# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module generation: which generation is in force, and which ones stay."""

from __future__ import annotations

import re
from typing import Any

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.completed_result import show_differences
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.nothing_installed import is_untouched
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.result_format import generation_message
from ..plugin_utils.target.task import Task

_ACTIONS = {"active": "activate", "pinned": "pin", "unpinned": "unpin", "pruned": "prune"}
_NOTHING_TO_DO = {
    "active": "generation {} is the current one already",
    "pinned": "the generation is pinned already",
    "unpinned": "the generation is not pinned",
    "pruned": "nothing can be removed",
}


class ActionModule(TargetAction):
    """Prepare the request for generation and run it on the host."""

    MODULE = "generation"

    def compose(self, task: Task) -> Request:
        """Ask for one action on one generation."""
        state, rollout = task.options["state"], task.options.get("rollout")
        if rollout is not None and state != "active":
            raise HermeticError(
                f"The state is {state!r}, and rollout is {rollout!r}; a roll-out can only be taken back, with state active."
            )
        return task.request("generation", generation=generation_action(state, task.options.get("number")))

    def answer_from_controller(self, task: Task, request: Request) -> Result | None:  # noqa: ARG002 - it is the same in check mode
        """Leave an untouched host as it is where a roll-out is taken back, which has not come this far."""
        if task.options.get("rollout") is None or not is_untouched(task.run.facts):
            return None
        return {"changed": False, "plan": [], "findings": [], "generation": {"before": None, "after": None}}

    def finish(self, result: Result, task: Task) -> None:
        """Name the releases and packages that are others now."""
        show_differences(result, task)
        rollout = task.options.get("rollout")
        nothing_to_do = _NOTHING_TO_DO[task.options["state"]] if rollout is None else f"roll-out {rollout} left nothing to take back here"
        result["msg"] = generation_message(result, check=task.check, nothing_to_do=nothing_to_do)


def generation_action(state: str, number: str | None) -> dict[str, Any]:
    """Return what to do with which generation, as a request names it."""
    given = (number or "").strip()
    chosen: int | str | None = "previous" if state == "active" and not given else given or None
    if given and given != "previous":
        if not re.fullmatch(r"[0-9]{1,10}", given):
            raise HermeticError(f"The generation is {number!r}; expected a number, or 'previous'.")
        chosen = int(given)
    return {"action": _ACTIONS[state], "number": chosen}
