# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON from outside: read to a value, or refused with one kind of error, whatever the bytes are; pure."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from .grammar import LARGEST_NUMBER, shown

# What is kept beside the known keys (where a bundle comes from) is copied into results, which others read with less care.
_DEEPEST = 20


def parse_json(text: bytes | str) -> Any:
    """Return the value of a JSON document; raises ValueError for everything that is none, NaN and bottomless nesting among it."""
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def plain_problem(value: Any, *, deepest: int = _DEEPEST) -> str | None:
    """Return why a value is not one that every reader of JSON understands, or None: depth, size of numbers, Unicode."""
    waiting = [(value, 0)]
    while waiting:
        each, depth = waiting.pop()
        if depth > deepest:
            return f"it is nested more than {deepest} levels deep"
        if isinstance(each, dict):
            waiting += [(part, depth + 1) for pair in each.items() for part in pair]
        elif isinstance(each, list):
            waiting += [(part, depth + 1) for part in each]
        elif isinstance(each, str):
            if not each.isascii() and any("\ud800" <= character <= "\udfff" for character in each):
                return f"{shown(each)} is not valid Unicode"
        elif isinstance(each, int):
            if abs(each) > LARGEST_NUMBER:
                return f"it holds {shown(each)}"
        elif isinstance(each, float):
            if not math.isfinite(each):
                return "it holds a number that is infinite or none"
        elif each is not None:
            return f"it holds a value {shown(each)}"
    return None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is no JSON")
