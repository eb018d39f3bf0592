# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which the role build_python describes a root for the tools of a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_lines
from ..plugin_utils.target import build_description as target


def build_description(info: Mapping[str, Any], virtualenvs: Sequence[str], *, platform: str, document: str) -> dict[str, Any]:
    """Return the document about what is installed in a root."""
    try:
        return target.build_description(info, virtualenvs, platform=platform, document=document)
    except HermeticError as error:
        raise AnsibleFilterError(printable_lines(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"build_description": build_description}
