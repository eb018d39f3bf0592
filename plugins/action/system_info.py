# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module system_info: what is installed on a host, also where nothing there starts."""

from __future__ import annotations

from typing import Any

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.damaged_bundles import damaged_bundles, why_not_read
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.task import Task


class ActionModule(TargetAction):
    """Prepare the request for system_info and run it on the host."""

    MODULE = "system_info"
    CHANGES_HOST = False

    def compose(self, task: Task) -> Request:
        """Ask for what is installed."""
        return task.request("info")

    def answer_without_interpreter(self, task: Task) -> Result | None:
        """Report a host with nothing that could be read, and which bundles keep it from being read."""
        facts = task.run.facts
        damaged = damaged_bundles(facts)
        if damaged:
            task.run.warnings.append(why_not_read(facts))
        nothing: dict[str, Any] = {
            "root": facts.root,
            "generation": None,
            "in_force": None,
            "generations": [],
            "bundles": [],
            "virtualenvs": [],
        }
        return {"changed": False, "info": {**nothing, "damaged": damaged}}

    def finish(self, result: Result, task: Task) -> None:  # noqa: ARG002 - nothing is compared, so there are no differences to show
        """Report no damaged bundle where the engine ran."""
        result.pop("diff", None)
        if "info" not in result:
            raise HermeticError(
                "The host answered without what is installed there, so nothing is reported. Look at the host, and run the task again."
            )
        result["info"].setdefault("damaged", [])
