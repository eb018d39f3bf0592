# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``bundle_build``, which runs on the controller alone and makes no connection to the host."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_result
from ..plugin_utils.missing_libraries import explain_import

try:
    from ..plugin_utils.bundle_building.task import ARGUMENT_SPEC, RULES, carry_out
except ImportError as error:  # a library of the controller is missing
    MISSING: ImportError | None = error
else:
    MISSING = None


class ActionModule(ActionBase):
    """Build a bundle in a directory of the controller."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out the task and return its result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        if MISSING is not None:
            raise AnsibleActionFail(explain_import("hermetic.python.bundle_build", MISSING))
        _unused, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC, **RULES)
        try:
            result |= printable_result(carry_out(options, check=self._task.check_mode))
        except HermeticError as error:
            return result | printable_result({"failed": True, "msg": str(error), "errors": error.problems or [error.message]})
        if not self._task.diff:
            result.pop("diff", None)
        return result
