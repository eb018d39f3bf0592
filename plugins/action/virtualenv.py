# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module virtualenv: one VirtualEnv, on a bundle that the host has."""

from __future__ import annotations

from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.completed_result import finish_convergence
from ..plugin_utils.target.declared_state import absent_virtualenv
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.task import Task


class ActionModule(TargetAction):
    """Prepare the request for virtualenv and run it on the host."""

    MODULE = "virtualenv"

    def compose(self, task: Task) -> Request:
        """Ask for the VirtualEnv or for its absence; its bundle is the one that the host has, so it is asked for that first."""
        if task.options["state"] == "absent":
            return task.declaring("converge", absent_virtualenv(task.options["name"]), scope="partial")
        info = task.run.installed(subject="what bundles it has", remedy="Repair it with hermetic.python.system.")
        return task.declaring("converge", task.resolved(lambda resolver: resolver.virtualenv(task.options, info=info)), scope="partial")

    def answer_from_controller(self, task: Task, request: Request) -> Result | None:
        """Where the VirtualEnv is to be absent, there is nothing to do on a host without any interpreter."""
        from ..plugin_utils.target.untouched_host import answer_for_part

        return answer_for_part(request, task.run, absent=task.options["state"] == "absent")

    def finish(self, result: Result, task: Task) -> None:
        """Compare with the declared VirtualEnv."""
        finish_convergence(result, task)
