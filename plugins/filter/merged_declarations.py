# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which the role merges what groups and hosts declare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_lines
from ..plugin_utils.target.merged_declarations import SUBJECTS, merged


def merged_declarations(declared: Any, what: str, channel: str | None = None) -> list[dict[str, Any]]:
    """Return one list of the declarations of several variables."""
    if not isinstance(declared, Mapping) or what not in SUBJECTS:
        raise AnsibleFilterError(
            f"hermetic.python.merged_declarations takes a dictionary of variables, and one of {', '.join(SUBJECTS)} as what they declare."
        )
    try:
        return merged(declared, what, channel)
    except HermeticError as error:
        raise AnsibleFilterError(printable_lines(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"merged_declarations": merged_declarations}
