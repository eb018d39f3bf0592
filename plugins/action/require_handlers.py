# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``require_handlers``: compares the names that declarations notify with the handlers of the play."""

from __future__ import annotations

from typing import Any

from ansible import constants as C  # noqa: N812
from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils.hermetic.text.printable import printable_result
from ..plugin_utils.target.play_handlers import ARGUMENT_SPEC, handlers_of, missing_handlers


class ActionModule(ActionBase):
    """Find every name that no handler has, before anything is changed that would notify it."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out the task and return its result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        _unused, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        found = handlers_of(
            (handler for block in self._task.get_play().get_handlers() for handler in block.block),
            self._resolved,
        )
        missing = missing_handlers(found, bundles=options["bundles"], virtualenvs=options["virtualenvs"])
        result |= {"changed": False, "handlers": sorted(found.plain)}
        if not missing:
            return printable_result(result)
        host = (task_vars or {}).get("inventory_hostname")
        message = f"The declaration of {host} notifies handlers that this play does not have"
        if found.unresolved:
            unknown = ", ".join(found.unresolved)
            message += f", unless one of those is meant whose name has a template that cannot be resolved yet ({unknown})"
        elif C.ERROR_ON_MISSING_HANDLER:
            advice = f"Correct the names, or add the handlers to the play. Its handlers and topics are: {', '.join(found.plain) or 'none'}."
            problems = "".join(f"\n  - {each}" for each in missing)
            return printable_result(
                {**result, "failed": True, "msg": f"{message}; nothing was changed.\n{advice}{problems}", "errors": missing}
            )
        return printable_result({**result, "warnings": [f"{message}: {'; '.join(missing)}."]})

    def _resolved(self, name: str) -> str | None:
        try:
            return str(self._templar.template(name))
        except AnsibleError:
            return None
