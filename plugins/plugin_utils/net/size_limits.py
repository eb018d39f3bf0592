# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of a file that is larger than one of its kind may be."""

from __future__ import annotations

from ...module_utils.hermetic.errors import FetchFailed
from ...module_utils.hermetic.text.redaction import shown


class TooLarge(FetchFailed):
    """Raised when a file has more bytes than one of its kind may have, or than were promised."""

    def __init__(self, place: str, limit: int) -> None:
        super().__init__(f"{shown(place)}: it has more than the {limit} bytes that it may have")
