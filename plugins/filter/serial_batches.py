# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The filter by which a playbook reads how many hosts it works on at once, however the command line gives it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

BATCH = re.compile(r"[0-9]{1,9}%?")


def serial_batches(given: Any, rest: Any = "", *, name: str = "site_serial") -> list[str]:
    """Return the sizes of the batches that a number, a percentage, a list of them or a text says."""
    text = given
    if isinstance(given, str):
        # -e 'name=["1", "10%"]' is cut at the blank; Ansible leaves what follows in the variable _raw_params.
        text = f"{given} {rest}" if given.count("[") > given.count("]") else given
        bare = text.strip()
        if bare.startswith("[") and bare.endswith("]"):
            bare = bare[1:-1]
        parts = [part.strip().strip("'\"").strip() for part in bare.split(",")]
    elif isinstance(given, list | tuple):
        parts = [str(part).strip() for part in given]
    else:
        parts = [str(given).strip()]
    if not parts or not all(BATCH.fullmatch(part) for part in parts):
        raise AnsibleFilterError(
            f"The number of hosts at once is {text!r}; it must be one or several numbers of hosts or percentages,"
            f' such as -e {name}=1,10% or -e \'{{"{name}": [1, "10%"]}}\'.'
        )
    return parts


class FilterModule:
    """The filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return them by name."""
        return {"serial_batches": serial_batches}
