# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment markers where not every value is known: an answer is yes, no, or that it depends on an unknown value."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ...module_utils.hermetic.errors import HermeticError
from ...module_utils.hermetic.text.grammar import shown
from ...module_utils.hermetic.vpython.this_python import marker_errors

if TYPE_CHECKING:
    from packaging.markers import Marker

Values = Mapping[str, str | frozenset[str]]
Context = Literal["metadata", "lock_file", "requirement"]

_TOKEN = re.compile(r"""\s*("[^"]*"|'[^']*'|[()]|===|[<>=!~]=|[<>]|[A-Za-z_][\w.]*)""")


@dataclass(frozen=True)
class Verdict:
    """What a marker says; ``applies`` is None where that depends on the values of the names in ``unknown``."""

    applies: bool | None
    unknown: frozenset[str] = frozenset()


class UndefinedMarker(HermeticError):
    """Raised for a marker that no Python can evaluate: it asks for a value that there is not, or compares what cannot be compared."""

    def __init__(self, marker: Marker, error: Exception) -> None:
        self.reason = str(error)
        super().__init__(f"The marker {shown(str(marker))} cannot be evaluated: {error}; correct it, and lock again")


def judge(marker: Marker | None, values: Values, *, unknown: Collection[str], context: Context) -> Verdict:
    """Evaluate a marker of which some variables have no known value.

    ``False and ?`` is no and ``True or ?`` is yes, whatever the unknown is; everything else that touches it depends on it.
    Raises UndefinedMarker for one that nobody can evaluate.
    """
    if marker is None:
        return Verdict(True)
    try:
        return _judged(marker, values, unknown=unknown, context=context)
    except marker_errors() as error:
        raise UndefinedMarker(marker, error) from error


def _judged(marker: Marker, values: Values, *, unknown: Collection[str], context: Context) -> Verdict:
    text = str(marker)
    if not any(name in text for name in unknown):
        return Verdict(marker.evaluate(values, context=context))

    def comparison(left: str, operator: str, right: str) -> Verdict:
        missing = frozenset({left, right} & set(unknown))
        if missing:
            return Verdict(None, missing)
        return Verdict(_comparison(f"{left} {operator} {right}").evaluate(values, context=context))

    return _Reader(text, comparison).read()


class _Reader:
    """Reads the text of a marker, which the library has checked and written in one form before."""

    def __init__(self, text: str, comparison: Callable[[str, str, str], Verdict]) -> None:
        self._tokens = [match[1] for match in _TOKEN.finditer(text)]
        self._at = 0
        self._comparison = comparison

    def read(self) -> Verdict:
        verdict = self._any_of()
        if self._at != len(self._tokens):
            raise AssertionError(f"the marker goes on at {self._tokens[self._at :]}")
        return verdict

    def _any_of(self) -> Verdict:
        parts = [self._all_of()]
        while self._takes("or"):
            parts.append(self._all_of())
        return _combined(parts, decisive=True)

    def _all_of(self) -> Verdict:
        parts = [self._single()]
        while self._takes("and"):
            parts.append(self._single())
        return _combined(parts, decisive=False)

    def _single(self) -> Verdict:
        if self._takes("("):
            verdict = self._any_of()
            self._next()
            return verdict
        left, operator = self._next(), self._next()
        if operator == "not":
            operator = f"not {self._next()}"
        return self._comparison(left, operator, self._next())

    def _takes(self, token: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == token:
            self._at += 1
            return True
        return False

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1]


def _combined(parts: list[Verdict], *, decisive: bool) -> Verdict:
    if len(parts) == 1:
        return parts[0]
    if any(part.applies is decisive for part in parts):
        return Verdict(decisive)
    unknown: frozenset[str] = frozenset().union(*(part.unknown for part in parts))
    return Verdict(None, unknown) if unknown else Verdict(not decisive)


@functools.lru_cache(maxsize=1024)
def _comparison(text: str) -> Marker:
    # Its grammar takes longer to load than a run needs that finds its selections on the disk.
    from packaging.markers import Marker

    return Marker(text)


def undecided(names: Mapping[str, Verdict], *, label: str, platform: str) -> str:
    """Say which packages hang on which values, and how to state them."""
    missing = sorted(frozenset().union(*(verdict.unknown for verdict in names.values())))
    example = ", ".join(f"{name}: …" for name in missing)
    return (
        f"whether {', '.join(names)} {'is' if len(names) == 1 else 'are'} installed on {label} depends on {' and '.join(missing)}, "
        f"which no bundle states; state it with the option marker_values ({{{platform}: {{{example}}}}}), or lock without that marker"
    )
