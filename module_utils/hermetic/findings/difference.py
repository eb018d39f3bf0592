# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One path of a tree that is not as its manifest says."""

from __future__ import annotations

from dataclasses import dataclass

from .finding import Kind


@dataclass(frozen=True, init=False)
class Difference:
    """One path of a tree that is not as its manifest says."""

    path: str
    kind: Kind
    expected: str | None
    actual: str | None

    # By hand for the same reason as that of a finding: a data class takes keywords only since Python 3.10.
    def __init__(self, *, path: str, kind: Kind, expected: str | None, actual: str | None) -> None:
        self.__dict__.update(path=path, kind=kind, expected=expected, actual=actual)
