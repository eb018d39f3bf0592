# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and versions as the file name of a wheel gives them."""

from __future__ import annotations

import re


def distribution(name: str) -> str:
    """Return the normalised name of a distribution."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_and_version(filename: str) -> tuple[str, str]:
    """Return the normalised name and the version of a wheel."""
    name, _unused, rest = filename.partition("-")
    return distribution(name), rest.partition("-")[0]
