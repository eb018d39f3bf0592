# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module script: a program, carried to the host or there already, in the environment that it declares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.grammar import digest_problem
from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.carried_program import CarriedProgram, program_of_task
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.prebuilt import prebuilt_of
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.task import Task
from ..plugin_utils.target.task_files import found_file


class ActionModule(TargetAction):
    """Prepare the request for script and run it on the host."""

    MODULE = "script"
    # A script may change anything on the host, but not the root.
    CHANGES_HOST = False

    def refuse_options(self, options: Mapping[str, Any]) -> None:
        """Read the script, its specification and its lock, and refuse what cannot be run."""
        self._program: CarriedProgram = program_of_task(options, find=lambda path: found_file(path, self._find_needle))

    def compose(self, task: Task) -> Request:
        """Ask for the script to be run; for a job in the background, which can ask for nothing, its environment is made first."""
        task.run.further = lambda request, result: self._with_wheels(task, request, result)
        if self._task.async_val and not task.check:
            prepared = task.run.carry_out(task.request("script", program={**self._program.document, "prepare_only": True}))
            if prepared.get("failed"):
                raise HermeticError(str(prepared.get("msg")), list(prepared.get("errors") or []))
        return task.request("script", program=self._program.document)

    def finish(self, result: Result, task: Task) -> None:  # noqa: ARG002 - nothing is compared, so there are no differences to show
        """Add nothing: what the script did is what there is to report."""
        result.pop("diff", None)

    def _with_wheels(self, task: Task, request: Request, result: Result) -> Request | None:
        """Return the request with the wheels that the host lacks, or None where it lacks none."""
        lacks, byte_code = result.pop("lacks", None), result.pop("byte_code", None)
        if not result.get("failed") or not lacks or request["artifacts"]:
            return None
        from ..plugin_utils.target.lacking_wheels import lacked_of, wheels_for

        run, options = task.run, task.options
        supply = run.supply
        index = supply.index(options["repository"], public_key=options.get("public_key")) if options.get("repository") else None
        wheels = wheels_for(lacked_of(lacks), lock=self._program.lock, supply=supply, index=index)
        known = byte_code if digest_problem(byte_code) is None else None
        prebuilt = prebuilt_of(index, [(known, [wheel.sha256 for wheel in wheels])])
        run.warnings += supply.warnings
        run.state = replace(run.state, wheels=wheels, prebuilt=prebuilt, index=index)
        return {**request, "artifacts": run.artifacts(), **({"prebuilt": prebuilt.named} if prebuilt.archives else {})}
