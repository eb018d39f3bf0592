# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of environment markers that can be combined and negated; markers have no ``not``, so De Morgan's laws do it; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_OPPOSITE = {"==": "!=", "!=": "==", ">=": "<", "<": ">="}


@dataclass(frozen=True)
class Comparison:
    """A variable against a value."""

    variable: str
    operator: str
    value: str


@dataclass(frozen=True)
class Every:
    """All parts hold; with none it always holds."""

    parts: tuple[Term, ...] = ()


@dataclass(frozen=True)
class Some:
    """One of the parts holds; with none it never holds."""

    parts: tuple[Term, ...] = ()


Term = Comparison | Every | Some
ALWAYS, NEVER = Every(), Some()


def every(parts: Iterable[Term]) -> Term:
    """Return the condition that all of them hold, without what goes without saying."""
    found: list[Term] = []
    for part in parts:
        if part == NEVER:
            return NEVER
        found += [each for each in (part.parts if isinstance(part, Every) else (part,)) if each not in found]
    return found[0] if len(found) == 1 else Every(tuple(found))


def some(parts: Iterable[Term]) -> Term:
    """Return the condition that one of them holds, without what goes without saying."""
    found: list[Term] = []
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        found += [each for each in (part.parts if isinstance(part, Some) else (part,)) if each not in found]
    return found[0] if len(found) == 1 else Some(tuple(found))


def negated(term: Term) -> Term:
    """Return the condition that a condition does not hold."""
    if isinstance(term, Comparison):
        return Comparison(term.variable, _OPPOSITE[term.operator], term.value)
    parts = [negated(part) for part in term.parts]
    return some(parts) if isinstance(term, Every) else every(parts)


def marker_text(term: Term) -> str:
    """Return a condition as a marker writes it; ALWAYS and NEVER are none."""
    if isinstance(term, Comparison):
        return f'{term.variable} {term.operator} "{term.value}"'
    if not term.parts:
        raise ValueError("a condition that is always or never true is no marker")
    if isinstance(term, Some):
        return " or ".join(map(marker_text, term.parts))
    return " and ".join(f"({marker_text(part)})" if isinstance(part, Some) else marker_text(part) for part in term.parts)
