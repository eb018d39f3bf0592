# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the action plugins of all target modules: the way of a task from its options to its result.

Each plugin says what is particular to its module: how the request is composed, what is answered without the host, and how the
result is finished.
"""

from __future__ import annotations

import copy
import gc
import time
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.spec import RULES, SPECS
from ...module_utils.hermetic.text.printable import printable_result

try:
    from .task_of_action import driver_for, task_on
except ImportError as error:  # a library of the controller is missing; nothing else that is imported here needs one
    MISSING: ImportError | None = error
else:
    MISSING = None
from ..missing_libraries import explain_import
from .completed_result import add_circumstances
from .declared_checks import refuse_invalid_checks
from .host_answer import Result, ended_without_result
from .host_probe import HostFacts
from .host_refusals import refuse_other_platform, refuse_unusable_root
from .no_interpreter import NoInterpreter
from .nothing_installed import NothingInstalled
from .request import Request, shown_options
from .run import EngineDriver
from .task import Task
from .task_files import with_located_paths
from .task_variables import expected_platform, host_name
from .windows_host import OtherPlatform


class TargetAction(ActionBase):
    """Prepare a request on the controller, have it carried out on the host, and finish its result."""

    MODULE = ""
    CHANGES_HOST = True
    """Whether the module changes a host, out of check mode."""
    _supports_check_mode = True
    _supports_async = True

    # --- what each module says of itself

    def refuse_options(self, options: Mapping[str, Any]) -> None:
        """Raise an error for options that cannot be meant, before any host is looked at; what the specification says is checked already."""

    @abstractmethod
    def compose(self, task: Task) -> Request:
        """Return the request, and leave in the task's run the artifacts that it is made of."""

    def answer_from_controller(self, task: Task, request: Request) -> Result | None:  # noqa: ARG002 - for the modules that can
        """Return what needs no engine on a host without an interpreter; None where the host must be asked, as it must by default."""
        return None

    def answer_without_interpreter(self, task: Task) -> Result | None:  # noqa: ARG002 - for the modules that can
        """Return what can be reported of a host on which nothing runs the engine; None where that is a failure, as it is by default."""
        return None

    @abstractmethod
    def finish(self, result: Result, task: Task) -> None:
        """Add to the answer of a host that did not fail what the module reports beside it, and its message."""

    # --- the way of a task

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> Result:
        """Carry out the task and return its result; everything that can be expected to go wrong is a failed result."""
        super().run(tmp, task_vars)
        if MISSING is not None:
            raise self._lacks(MISSING)
        options = self._options()
        self._vars: dict[str, Any] = task_vars or {}
        self._in_background = False
        try:
            self.refuse_options(options)
            refuse_invalid_checks(options)
            result = self._answer(with_located_paths(options, self._loader.path_dwim))
        except HermeticError as error:
            result = {"failed": True, "changed": False, "msg": error.message, "errors": error.problems or [error.message]}
            if isinstance(error, NothingInstalled):
                result["generation"] = {"before": None, "after": None}
        except ImportError as error:
            raise self._lacks(error) from None
        finally:
            if not self._in_background:
                self._remove_tmp_path(self._connection._shell.tmpdir)
        if not self._in_background:
            # Whoever answered: the module of the host, the engine of a Windows host, or nobody but the controller.
            result["invocation"] = {"module_args": shown_options(options)}
        return dict(printable_result(result))

    def _lacks(self, error: ImportError) -> AnsibleActionFail:
        return AnsibleActionFail(explain_import(f"hermetic.python.{self.MODULE}", error))

    def _answer(self, options: dict[str, Any]) -> Result:
        expected = expected_platform(self._vars, delegate_to=self._task.delegate_to)
        driver = driver_for(self, module=self.MODULE, variables=self._vars)
        begin = time.monotonic()
        facts = driver.look(options)
        timings = {} if facts.presumed else {"probe": round(time.monotonic() - begin, 3)}
        refuse_other_platform(facts.platform, expected=expected)
        refuse_unusable_root(facts, changes=self.CHANGES_HOST and not self._task.check_mode)
        try:
            return self._answer_for(facts, driver, options, timings)
        except OtherPlatform as error:
            refuse_other_platform(error.facts.platform, expected=expected)
            return self._answer_for(error.facts, driver, options, timings)

    def _answer_for(self, facts: HostFacts, driver: EngineDriver, options: dict[str, Any], timings: dict[str, float]) -> Result:
        begin = time.monotonic()
        task = task_on(facts, driver, self, options, module=self.MODULE, variables=self._vars, timings=timings)
        run = task.run
        try:
            request = self._request(task)
            timings["controller"] = round(time.monotonic() - begin - timings.get("module", 0.0), 3)
            result = self._carried_out(task, request)
        except NoInterpreter:
            answer = self.answer_without_interpreter(task)
            if answer is None:
                raise
            result = answer
        finally:
            run.close()
        if self._in_background:
            return result
        if ended_without_result(result) and run.state.engine_bundle is None:
            result = self.answer_without_interpreter(task) or result
        made = result.pop("manifests", None)
        if made and not task.check:
            from .vouching import remember_made

            remember_made(made, run, host=self._host_name())
        add_circumstances(result, run)
        if result.get("failed"):
            result.pop("diff", None)
        else:
            result.setdefault("changed", False)
            self.finish(result, task)
        return result

    def _request(self, task: Task) -> Request:
        request = self.compose(task)
        if task.options.get("verify") == "deep":
            # A database is more than most runs have use for.
            from .vouching import known_to_controller

            request["known"] = known_to_controller(task.run, host=self._host_name())
        return request

    def _carried_out(self, task: Task, request: Request) -> Result:
        run = task.run
        # What such a host has is known from its answer only.
        asked_first = run.facts.presumed
        answer = None if asked_first else self._answer_from_controller(task, request)
        # Ansible parses all that the module imports. To look for cycles among what is there already was a third of that time.
        gc.freeze()
        if answer is not None:
            return answer
        try:
            result = run.carry_out(request, in_background=bool(self._task.async_val))
        except NoInterpreter:
            answer = self._answer_from_controller(task, request) if asked_first else None
            if answer is None:
                raise
            return answer
        self._in_background = run.left_running
        return result

    def _answer_from_controller(self, task: Task, request: Request) -> Result | None:
        return None if task.run.facts.interpreter is not None else self.answer_from_controller(task, request)

    def _host_name(self) -> str:
        return host_name(self._vars, delegate_to=self._task.delegate_to)

    def _options(self) -> dict[str, Any]:
        """Return the checked options; the task's own stay as they are, since the task may be run again (until)."""
        # A root is a path of the host: expanding it here would put the controller's home into it.
        spec = {**SPECS[self.MODULE], "root": {"type": "str"}}
        given = self._task.args
        self._task.args = copy.deepcopy(given)
        try:
            _unused, options = self.validate_argument_spec(argument_spec=spec, **RULES[self.MODULE])
        finally:
            self._task.args = given
        return dict(options)
