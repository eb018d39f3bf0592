# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module ``repository``, which runs on the controller alone and makes no connection to the host."""

from __future__ import annotations

from typing import Any

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_result
from ..plugin_utils.missing_libraries import explain_import

try:
    from ..plugin_utils.publishing.request import ARGUMENT_SPEC, carry_out
except ImportError as error:  # a library of the controller is missing
    MISSING: ImportError | None = error
else:
    MISSING = None


class ActionModule(ActionBase):
    """Publish to, verify or prune a repository directory of the controller."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _supports_check_mode = True
    _supports_async = False

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        """Carry out the task and return its result."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        del tmp
        if MISSING is not None:
            raise AnsibleActionFail(explain_import("hermetic.python.repository", MISSING))
        _unused, options = self.validate_argument_spec(argument_spec=ARGUMENT_SPEC)
        try:
            result |= printable_result(carry_out(self._located(options), check=self._task.check_mode))
        except HermeticError as error:
            return result | printable_result({"failed": True, "msg": str(error), "errors": error.problems or [error.message]})
        if not self._task.diff:
            result.pop("diff", None)
        return result

    def _located(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the options with relative paths as seen from the playbook, and locks also from a role's files."""
        found = dict(options)
        for name in ("path", "private_key", "public_key", "ca_path"):
            found[name] = self._loader.path_dwim(options[name]) if options[name] else None
        for name in ("archives", "wheels"):
            found[name] = [self._loader.path_dwim(path) for path in options[name]]
        found["files"] = [{**each, "path": self._loader.path_dwim(each["path"]) if each.get("path") else None} for each in options["files"]]
        found["keys"] = [{**each, "keys": self._located_keys(each["keys"])} for each in options["keys"]]
        if options["delegations"] is not None:
            found["delegations"] = [{**each, "keys": self._located_keys(each["keys"])} for each in options["delegations"]]
        found["previous_keys"] = self._located_keys(options["previous_keys"])
        found["find_links"] = [place if "://" in place else self._loader.path_dwim(place) for place in options["find_links"]]
        found["locks"] = [self._lock(path) for path in options["locks"]]
        return found

    def _located_keys(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {**key, **{name: self._loader.path_dwim(key[name]) for name in ("private_key", "public_key") if key.get(name)}} for key in keys
        ]

    def _lock(self, path: str) -> str:
        try:
            return str(self._find_needle("files", path))
        except AnsibleError as error:
            raise HermeticError(
                f"The lock {path!r} is not on the controller; it was looked for in files, beside the tasks and beside the playbook"
            ) from error
