# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's half of the module drift: how a host differs from what is declared, or from what was installed there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.findings.finding import OUTDATED_PROCESS, PENDING
from ..plugin_utils.target.action import TargetAction
from ..plugin_utils.target.completed_result import add_declared, show_differences
from ..plugin_utils.target.damaged_bundles import damaged_bundles, finding_of_damaged
from ..plugin_utils.target.host_answer import Result
from ..plugin_utils.target.nothing_installed import NothingInstalled, is_untouched
from ..plugin_utils.target.repair import known_artifacts
from ..plugin_utils.target.request import Request
from ..plugin_utils.target.result_format import comparison_message
from ..plugin_utils.target.task import Task

_AS_INSTALLED = "as it was last installed"


class ActionModule(TargetAction):
    """Prepare the request for drift and run it on the host."""

    MODULE = "drift"
    CHANGES_HOST = False

    def refuse_options(self, options: Mapping[str, Any]) -> None:
        """Refuse to run checks that nothing declares."""
        if options["run_checks"] and (options["against"] == "installed" or not options.get("bundles")):
            raise HermeticError(
                "The option run_checks needs a declaration, since checks are not stored on hosts. Declare bundles and virtualenvs, "
                "and leave against at declared."
            )

    def compose(self, task: Task) -> Request:
        """Ask for a comparison with the declaration, or with what was installed where nothing is declared or that is asked for."""
        if task.options["against"] == "installed":
            known_artifacts(task.run, declared=task.whole_declaration)
            return task.request("drift")
        if task.options.get("bundles"):
            return task.declaring("drift", task.whole_declaration(), scope="system")
        if task.options.get("virtualenvs"):
            raise HermeticError(
                "VirtualEnvs are declared without any bundle that they could stand on; declare the bundles as well, or neither."
            )
        return task.request("drift")

    def answer_from_controller(self, task: Task, request: Request) -> Result | None:
        """Report all that is declared as missing on an untouched host."""
        if "declaration" not in request or not is_untouched(task.run.facts):
            return None
        from ..plugin_utils.target.untouched_host import compared_with_nothing

        return compared_with_nothing(request, task.run.facts)

    def answer_without_interpreter(self, task: Task) -> Result | None:
        """Report the bundles that do not start."""
        facts = task.run.facts
        findings = [finding_of_damaged(each, facts).as_dict() for each in damaged_bundles(facts)]
        if not findings:
            return None
        return {"changed": False, "plan": [], "findings": findings, "generation": {"before": None, "after": None}}

    def finish(self, result: Result, task: Task) -> None:
        """Tell drift apart from what is only pending, and say what the host was compared with."""
        run = task.run
        installed = task.options["against"] == "installed"
        if installed:
            if not result.get("findings") and (result.get("generation") or {}).get("before") is None:
                # No proof that all is well: there is nothing that could differ.
                raise NothingInstalled(run.facts.root)
            # A bundle of an old release can be replaced by a declaration only.
            findings = result.get("findings") or []
            result["findings"] = [each for each in findings if each["cause"] != PENDING or each["kind"] == OUTDATED_PROCESS]
        if "vouched" in result:
            result["vouched"]["interpreter"] = run.verified
        state = None if installed else run.state
        add_declared(result, state)
        declared = bool(result["declared"]["bundles"])
        show_differences(result, task, target="as declared" if declared else _AS_INSTALLED)
        result["clean"] = not result.get("findings")
        compared = "it was not compared with the declaration" if installed else "nothing was declared"
        result["msg"] = comparison_message(result, target="what is declared" if declared else f"{_AS_INSTALLED}; {compared}")
