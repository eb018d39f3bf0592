# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which roles give their declarations to modules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_lines
from ..plugin_utils.target import reactions


def without_reactions(declared: Any, handlers: bool = True) -> list[dict[str, Any]]:
    """Return the declarations without the handlers and services that react to their changes."""
    if not isinstance(declared, list) or not all(isinstance(entry, Mapping) for entry in declared):
        raise AnsibleFilterError("hermetic.python.without_reactions takes a list of declarations.")
    try:
        return reactions.without_reactions(declared, handlers=handlers)
    except HermeticError as error:
        raise AnsibleFilterError(printable_lines(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"without_reactions": without_reactions}
