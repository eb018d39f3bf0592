# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which the playbook rollout decides whether the next wave begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.rollout.verdict import judge


def rollout_verdict(outcomes: Mapping[str, Mapping[str, Any]], *, limit: Any, wave: int, lost: Iterable[str] = ()) -> dict[str, Any]:
    """Return whether a wave passed, why not, and its bad hosts."""
    try:
        verdict = judge(outcomes, limit=limit, wave=int(wave), lost=lost)
    except HermeticError as error:
        raise AnsibleFilterError(error.message) from error
    return {"passed": verdict.passed, "reason": verdict.reason, "bad": list(verdict.bad)}


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"rollout_verdict": rollout_verdict}
