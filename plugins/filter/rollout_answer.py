# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filters by which the playbook rollout asks another host for the record of a roll-out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..plugin_utils.rollout.answer import answer_of, answering


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"rollout_answer": answer_of, "rollout_answering": answering}
