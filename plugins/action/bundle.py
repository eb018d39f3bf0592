# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module bundle: one bundle, beside what the host has."""

from __future__ import annotations

from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.completed_result import finish_convergence
from ..plugin_utils.target.declared_state import absent_bundle
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.task import Task


class ActionModule(TargetAction):
    """Prepare the request for bundle and run it on the host."""

    MODULE = "bundle"

    def compose(self, task: Task) -> Request:
        """Ask for the bundle or for its absence; the rest of the current generation stays."""
        if task.options["state"] == "absent":
            return task.declaring("converge", absent_bundle(task.options["name"]), scope="partial")
        return task.declaring("converge", task.resolved(lambda resolver: resolver.bundle(task.options)), scope="partial")

    def answer_from_controller(self, task: Task, request: Request) -> Result | None:
        """Plan for an untouched host; where the bundle is to be absent, there is nothing to do."""
        from ..plugin_utils.target.untouched_host import answer_for_part

        return answer_for_part(request, task.run, absent=task.options["state"] == "absent")

    def finish(self, result: Result, task: Task) -> None:
        """Compare with the declared bundle."""
        finish_convergence(result, task)
