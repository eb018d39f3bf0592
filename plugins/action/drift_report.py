# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``drift_report``: checks the options of a report, and that there is a callback that will write it."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_result
from ..plugin_utils.missing_libraries import explain_import

try:
    from ..plugin_utils.drift_report.run.callback_state import CALLBACK, CallbackState
    from ..plugin_utils.drift_report.run.report_request import ARGUMENT_SPEC, checked
except ImportError as error:  # a library of the controller is missing
    MISSING: ImportError | None = error
else:
    MISSING = None


class ActionModule(ActionBase):
    """Check everything that can be known before the play goes on; the callback takes the options from the result."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out the task and return its result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        if MISSING is not None:
            raise AnsibleActionFail(explain_import("hermetic.python.drift_report", MISSING))
        _unused, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        if not CallbackState.active:
            raise AnsibleActionFail(
                f"The callback {CALLBACK} is not loaded, so no report would be written. Name the role under roles, or use import_role: "
                "with include_role, or in a second playbook of one command, it comes too late to turn the callback on. "
                f"Or enable it yourself: callbacks_enabled = {CALLBACK} in ansible.cfg."
            )
        try:
            return result | {"changed": False, "options": checked(options)}
        except HermeticError as error:
            return result | printable_result({"failed": True, "msg": str(error), "errors": error.problems or [error.message]})
