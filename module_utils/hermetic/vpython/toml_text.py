# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""TOML as documents; a bundle whose Python cannot read it has no vpython3."""

from __future__ import annotations

import importlib
from typing import Any

from ..errors import HermeticError


def parse_toml(content: bytes) -> dict[str, Any]:
    """Return the document; raises ValueError where it is none."""
    try:
        # By its name: the engine runs on older ones, too.
        loads = importlib.import_module("tomllib").loads
    except ModuleNotFoundError:
        raise HermeticError("vpython3 needs a bundle with Python 3.11 or newer.") from None
    try:
        document: dict[str, Any] = loads(content.decode("utf-8"))
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return document
