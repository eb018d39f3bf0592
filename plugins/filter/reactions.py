# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which roles find the handlers and services of what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..plugin_utils.target.reactions import reactions as found_reactions


def reactions(result: Any, bundles: Any = (), virtualenvs: Any = ()) -> dict[str, list[str]]:
    """Return the handlers to notify and the services to restart after a result, or after the results of a loop."""
    if not isinstance(result, Mapping):
        raise AnsibleFilterError("hermetic.python.reactions takes the registered result of a module of this collection.")
    return found_reactions([result, *(result.get("results") or ())], bundles=bundles, virtualenvs=virtualenvs)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"reactions": reactions}
