# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which wheels of a text proto a host gets, as vpython decides it by tags; pure."""

from __future__ import annotations

from ..formats.specification import ListedWheel, WheelList
from .hosts import TagIndex


def is_installed(wheel: ListedWheel, host: TagIndex) -> bool:
    """Return whether a host gets a wheel: none of its ``not_match_tag`` fits, and one of its ``match_tag``, where it has any."""
    if any(host.has(tag) for tag in wheel.not_match_tags):
        return False
    return not wheel.match_tags or any(host.has(tag) for tag in wheel.match_tags)


def installed(content: WheelList, host: TagIndex) -> list[ListedWheel]:
    """Return the wheels that a host gets, each once; two versions of one name are two wheels here, and an error of vpython."""
    found = {(wheel.name, wheel.version): wheel for wheel in content.wheels if is_installed(wheel, host)}
    return sorted(found.values(), key=lambda wheel: (wheel.name, wheel.version))
