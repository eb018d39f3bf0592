# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which the playbook rollout notes what became of a host."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..plugin_utils.rollout.outcome import Outcome, outcome_of, taken_back


def rollout_outcome(result: Mapping[str, Any], *, wave: int, health: Mapping[str, Any] | None = None) -> Outcome:
    """Return what became of a host, from the result of its task and from that of drift."""
    return outcome_of(result, wave=int(wave), health=health)


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"rollout_outcome": rollout_outcome, "rollout_taken_back": taken_back}
