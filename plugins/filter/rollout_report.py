# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters by which the playbook rollout reports what happened where."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.hermetic.errors import HermeticError
from ..plugin_utils.rollout.promotion import planned_release, promoted_release
from ..plugin_utils.rollout.report import Document, lines, make_report

Outcomes = Mapping[str, Mapping[str, Any] | None]


def rollout_report(
    outcomes: Outcomes,
    *,
    rollout: str,
    stopped: str = "",
    promoted: Mapping[str, str] | None = None,
    record: Mapping[str, Any] | None = None,
) -> Document:
    """Return the report as a document."""
    return make_report(outcomes, rollout=rollout, stopped=stopped, promoted=promoted or {}, record=record or {})


def rollout_lines(report: Document, *, planned: bool = False) -> list[str]:
    """Return a report as lines for people."""
    return list(lines(report, planned=planned))


def rollout_release(outcomes: Outcomes, *, bundle: str, planned: bool = False) -> str:
    """Return the release that all hosts of a roll-out have, or by their plans would have; empty where none has planned."""
    try:
        return (planned_release(outcomes, bundle=bundle) or "") if planned else promoted_release(outcomes, bundle=bundle)
    except HermeticError as error:
        raise AnsibleFilterError(error.message) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"rollout_report": rollout_report, "rollout_lines": rollout_lines, "rollout_release": rollout_release}
