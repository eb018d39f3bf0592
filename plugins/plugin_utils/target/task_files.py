# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the files are on the controller that the options of a task name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleError, AnsibleFileNotFound

from ...module_utils.hermetic.errors import HermeticError
from .request import is_url

_PATHS = ("repository", "public_key")


def with_located_paths(options: Mapping[str, Any], locate: Callable[[str], str]) -> dict[str, Any]:
    """Return the options with the paths in them made absolute; ``locate`` does so for one path, as seen from the playbook."""

    def located(value: Any) -> Any:
        return locate(value) if value and "://" not in value else value

    found = {name: located(options[name]) for name in _PATHS if name in options}
    if "find_links" in options:
        found["find_links"] = [located(each) for each in options["find_links"] or []]
    return {**options, **found}


def found_file(path: str, find: Callable[[str, str], str]) -> str:
    """Return where a file is, or its URL; ``find`` looks for it in a directory of the role, beside the tasks and beside the playbook."""
    if is_url(path):
        return path
    try:
        return str(find("files", path))
    except AnsibleFileNotFound as error:
        raise HermeticError(
            f"The file {path!r} is not on the controller; it was looked for in files, beside the tasks and beside the playbook."
        ) from error
    except AnsibleError as error:
        raise HermeticError(f"The file {path!r} cannot be found on the controller: {error}") from error
