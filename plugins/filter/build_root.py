# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which the role build_python finds where a job has its Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError

from ..module_utils.hermetic.errors import HermeticError
from ..module_utils.hermetic.text.printable import printable_lines
from ..plugin_utils.target import build_root as target


def build_root(given: Any, environment: Mapping[str, str], *, local: bool, files: Mapping[str, str | None] | None = None) -> str:
    """Return the root that is given, or the one below the directory of this job, if a job can use it."""
    try:
        return target.build_root(str(given or ""), environment, local=local, files=files)
    except HermeticError as error:
        raise AnsibleFilterError(printable_lines(error)) from error


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"build_root": build_root}
