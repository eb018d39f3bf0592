# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module system: the whole state of a host, its repair, or its removal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.completed_result import AS_DECLARED, add_declared, finish_convergence, show_differences
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.result_format import removal_message
from ..plugin_utils.target.task import Task


class ActionModule(TargetAction):
    """Prepare the request for system and run it on the host."""

    MODULE = "system"

    def refuse_options(self, options: Mapping[str, Any]) -> None:
        """Refuse to declare a host that holds nothing: that is written as state absent."""
        if options["state"] == "present" and not options.get("bundles"):
            raise HermeticError(
                "The declaration names no bundle, and a host without one can hold nothing. Declare at least one in bundles, "
                "or remove everything with state absent."
            )

    def compose(self, task: Task) -> Request:
        """Ask for all that is declared and nothing else, for what was installed last, or for the removal of the root."""
        state = task.options["state"]
        if state == "absent":
            return task.request("uninstall", force=bool(task.options["force"]))
        if state == "repaired":
            from ..plugin_utils.target.repair import repair_request

            return repair_request(task.run, declared=task.whole_declaration, check=task.check)
        return task.declaring("converge", task.whole_declaration(), scope="system")

    def answer_from_controller(self, task: Task, request: Request) -> Result | None:
        """Plan for an untouched host, and remove a root from which nothing starts."""
        if task.options["state"] == "absent":
            from ..plugin_utils.target.root_removal import remove_without_interpreter

            command = self._low_level_execute_command
            return remove_without_interpreter(task.run, command, force=bool(task.options["force"]), check=task.check)
        from ..plugin_utils.target.untouched_host import planned_convergence

        return planned_convergence(request, task.run)

    def finish(self, result: Result, task: Task) -> None:
        """Compare with the declaration, or with what was installed where the host was repaired."""
        state = task.options["state"]
        if state == "absent":
            if task.options["forget"] and not task.check:
                from ..plugin_utils.target.vouching import forget_made

                warnings = forget_made(task.run.facts.root, host=self._host_name())
                if warnings:
                    result["warnings"] = [*(result.get("warnings") or []), *warnings]
            add_declared(result, task.run.state)
            show_differences(result, task)
            result["msg"] = removal_message(result, check=task.check)
        else:
            finish_convergence(result, task, nothing_to_do="generation {} is as installed" if state == "repaired" else AS_DECLARED)
