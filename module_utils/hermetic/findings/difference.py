# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One path of a tree that is not as its manifest says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """One path of a tree that is not as its manifest says."""

    path: str
    kind: str
    expected: str | None
    actual: str | None
