# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each field of a text proto stands, and which fields the message does not have: protobuf's parser says neither; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .specification import FieldPath, Position

if TYPE_CHECKING:
    from google.protobuf.descriptor import Descriptor

_CLOSING = {"{": "}", "<": ">"}


@dataclass
class FieldPositions:
    """What a walk over the tokens of a text finds; a text that is none ends it early."""

    known: dict[FieldPath, Position] = field(default_factory=dict)
    """Repeated fields are numbered from 0: ``("wheel", 2, "name")``."""
    unknown: list[tuple[str, str, Position]] = field(default_factory=list)
    """Name of the message, name of the field, place; in the order of the text."""
    repeated: list[tuple[FieldPath, Position]] = field(default_factory=list)
    """Fields that have one value and are given once more."""


@dataclass
class _Level:
    """A message that is being read: its description (None within an unknown one), its path, and what ends it."""

    message: Descriptor | None
    path: FieldPath
    closing: str
    listed: tuple[Descriptor | None, str] | None = None
    """Of a message in a list: what the others of the list are, and the name of the field."""


def field_positions(text: str, message: Descriptor) -> FieldPositions:
    """Walk over a text proto by protobuf's own tokens."""
    from google.protobuf import text_format

    walk = _Walk(text_format.Tokenizer(text.split("\n")), FieldPositions())
    try:
        walk.read(message)
    except text_format.ParseError:
        # The parser says what is wrong; what was found so far counts.
        pass
    return walk.found


class _Walk:
    """Keeps its own stack, so that no text is too deep for it."""

    def __init__(self, tokens: Any, found: FieldPositions) -> None:
        self._tokens = tokens
        self.found = found
        self._levels: list[_Level] = []
        self._counts: dict[FieldPath, int] = {}

    def read(self, message: Descriptor) -> None:
        self._levels = [_Level(message, (), "")]
        while not self._tokens.AtEnd():
            level = self._levels[-1]
            if level.closing and self._tokens.TryConsume(level.closing):
                self._end_of_message()
            else:
                self._field(level)

    def _end_of_message(self) -> None:
        done = self._levels.pop()
        if done.listed is not None and not self._tokens.TryConsume("]"):
            self._tokens.Consume(",")
            self._element(*done.listed)
            return
        self._separator()

    def _field(self, level: _Level) -> None:
        place = self._place()
        name, of, repeated = self._name(level, place)
        self._tokens.TryConsume(":")
        token = self._tokens.token
        if token in _CLOSING:
            self._begin(level.path, name, of, repeated, place, None)
        elif token == "[":
            self._tokens.NextToken()
            if self._tokens.TryConsume("]"):
                self._separator()
            elif self._tokens.token in _CLOSING:
                self._element(of, name)
            else:
                self._skip_values()
        else:
            self._note(level.path, name, repeated, place)
            self._value()
            self._separator()

    def _name(self, level: _Level, place: Position) -> tuple[str, Descriptor | None, bool]:
        """Read the name, or the number, of a field: return its name, its message, and whether it may occur again."""
        if self._tokens.TryConsume("["):
            parts = []
            while not self._tokens.TryConsume("]"):
                parts.append(self._tokens.token)
                self._tokens.NextToken()
            name = f"[{''.join(parts)}]"
        else:
            name = self._tokens.token
            self._tokens.NextToken()
        if level.message is None:
            return "", None, True
        by_number = {str(each.number): each for each in level.message.fields}
        found = level.message.fields_by_name.get(name) or by_number.get(name)
        if found is None:
            self.found.unknown.append((level.message.name, name, place))
            return "", None, True
        return found.name, found.message_type, _is_repeated(found)

    def _element(self, of: Descriptor | None, name: str) -> None:
        place = self._place()
        self._begin(self._levels[-1].path, name, of, True, place, (of, name))

    def _begin(
        self,
        path: FieldPath,
        name: str,
        of: Descriptor | None,
        repeated: bool,
        place: Position,
        listed: tuple[Descriptor | None, str] | None,
    ) -> None:
        closing = _CLOSING.get(self._tokens.token)
        if closing is None:
            raise self._tokens.ParseError("expected a message")
        self._tokens.NextToken()
        self._levels.append(_Level(of, self._note(path, name, repeated, place), closing, listed))

    def _note(self, path: FieldPath, name: str, repeated: bool, place: Position) -> FieldPath:
        if not name:
            return path
        whole: FieldPath = (*path, name)
        if repeated:
            number = self._counts.get(whole, 0)
            self._counts[whole] = number + 1
            whole = (*whole, number)
        elif whole in self.found.known:
            self.found.repeated.append((whole, place))
        self.found.known.setdefault(whole, place)
        return whole

    def _skip_values(self) -> None:
        while not self._tokens.TryConsume("]"):
            if self._tokens.AtEnd():
                raise self._tokens.ParseError("expected ]")
            self._tokens.NextToken()
        self._separator()

    def _value(self) -> None:
        quoted = self._tokens.token[:1] in ("'", '"')
        self._tokens.NextToken()
        # Strings beside each other are one.
        while quoted and self._tokens.token[:1] in ("'", '"'):
            self._tokens.NextToken()

    def _separator(self) -> None:
        if not self._tokens.TryConsume(","):
            self._tokens.TryConsume(";")

    def _place(self) -> Position:
        where = self._tokens.ParseError("")
        return where.GetLine(), where.GetColumn()


def _is_repeated(found: Any) -> bool:
    # Newer releases of protobuf ask for the property, older ones have the label alone.
    return bool(found.is_repeated) if hasattr(found, "is_repeated") else found.label == found.LABEL_REPEATED
