# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The interpreter that runs this, as wheels and markers ask for it."""

from __future__ import annotations

import os
import platform
import sys
from functools import cache
from typing import TYPE_CHECKING

from ..text.grammar import shown

if TYPE_CHECKING:
    from packaging.markers import Marker
    from packaging.tags import Tag


def full_version() -> str:
    """Return the version of this Python."""
    return platform.python_version()


@cache
def tags() -> tuple[Tag, ...]:
    """Return the tags of the wheels that this Python takes, best first.

    The C library is read from the program that runs: sys.executable is the launcher, which is linked to none.
    """
    from packaging.tags import sys_tags

    executable = sys.executable
    real = os.path.join(sys.base_prefix, "libexec", os.path.basename(executable))
    if os.path.isfile(real):
        sys.executable = real
    try:
        return tuple(sys_tags())
    finally:
        sys.executable = executable


def is_for_this_python(marker: Marker | None) -> bool:
    """Return whether a marker holds, and None always does; raises ValueError for one that asks for what nobody can say."""
    if marker is None:
        return True
    try:
        return marker.evaluate({"extra": ""})
    except marker_errors() as error:
        raise ValueError(f"the marker {shown(str(marker))} cannot be evaluated: {error}") from error


def marker_errors() -> tuple[type[Exception], ...]:
    """Return what the evaluation of a marker raises: for a value that there is not, two that cannot be compared, and a number too long to read."""
    from packaging.markers import UndefinedComparison, UndefinedEnvironmentName

    return UndefinedComparison, UndefinedEnvironmentName, ValueError
