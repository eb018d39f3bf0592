# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text protos ``.vpython3`` and ``.vpython``, read and written by protobuf's own parser and printer; pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .field_positions import FieldPositions, field_positions
from .problem import MOST_PROBLEMS, Problem, Unreadable
from .specification import FieldPath, ListedWheel, Position, Tag, WheelList
from .text_proto_message import new_message, spec_descriptor

# What protobuf says before the reason: the place, and the whole line.
_PLACE = re.compile(r"^(?:\d+:\d+ ?: )+(?:'.*': (?=\S))?", re.DOTALL)
_LONGEST_REASON = 200


def parse_text_proto(text: str) -> tuple[WheelList, Mapping[FieldPath, Position]]:
    """Return what a text proto says and where it says it; raises Unreadable with everything that was found wrong."""
    nul = text.find("\0")
    if nul >= 0:
        line, column = text.count("\n", 0, nul) + 1, nul - text.rfind("\n", 0, nul)
        raise Unreadable([Problem("syntax", "there is a NUL character, so it is no text; write the file again", line=line, column=column)])
    positions = field_positions(text, spec_descriptor())
    problems = [*_unknown(positions), *_repeated(positions)]
    message = new_message()
    syntax = _merge(text, message, lenient=bool(problems))
    if syntax is not None and not any((problem.line, problem.column) == (syntax.line, syntax.column) for problem in problems):
        problems.append(syntax)
    if problems:
        raise Unreadable(sorted(problems, key=lambda problem: (problem.line, problem.column)))
    return _wheel_list(message), positions.known


def render_text_proto(content: WheelList) -> str:
    """Return a text proto that says the same."""
    from google.protobuf import text_format

    message: Any = new_message()
    message.python_version = content.python_version
    for wheel in content.wheels:
        _fill(message.wheel.add(), wheel)
    if content.virtualenv is not None:
        message.virtualenv.SetInParent()
        _fill(message.virtualenv, content.virtualenv)
    for tag in content.verify_tags:
        message.verify_pep425_tag.add(**tag.as_json())
    return str(text_format.MessageToString(message, as_utf8=True, pointy_brackets=True))


def _fill(message: Any, wheel: ListedWheel) -> None:
    message.name, message.version = wheel.name, wheel.version
    for tag in wheel.match_tags:
        message.match_tag.add(**tag.as_json())
    for tag in wheel.not_match_tags:
        message.not_match_tag.add(**tag.as_json())


def _unknown(positions: FieldPositions) -> list[Problem]:
    messages = spec_descriptor().file.message_types_by_name
    return [
        Problem(
            "field-unknown",
            f"{message} has no field of this name; it has {', '.join(each.name for each in messages[message].fields)}",
            line=line,
            column=column,
            field=name,
        )
        for message, name, (line, column) in positions.unknown[:MOST_PROBLEMS]
    ]


def _repeated(positions: FieldPositions) -> list[Problem]:
    found = []
    for path, (line, column) in positions.repeated[:MOST_PROBLEMS]:
        first = positions.known[path]
        more = f", also in line {first[0]}" if first[0] != line else ""
        found.append(
            Problem("field-repeated", f"it may be given once only{more}; remove one", line=line, column=column, field=str(path[-1]))
        )
    return found


def _merge(text: str, message: Any, *, lenient: bool) -> Problem | None:
    """Parse the text into the message; ``lenient`` skips fields that are reported already."""
    from google.protobuf import text_format

    merge = text_format.Merge if lenient else text_format.Parse
    try:
        merge(text, message, allow_unknown_field=lenient, allow_field_number=True)
    except text_format.ParseError as error:
        reason = _PLACE.sub("", str(error)).rstrip(".")
        reason = reason if len(reason) <= _LONGEST_REASON else f"{reason[:_LONGEST_REASON]}…"
        return Problem("syntax", reason, line=error.GetLine() or 0, column=error.GetColumn() or 0)
    except RecursionError:
        return Problem("syntax", "messages are nested too deeply")
    except (ValueError, TypeError) as error:  # a text whose escapes give no valid Unicode
        return Problem("syntax", f"a value is no text: {error}")
    return None


def _wheel_list(message: Any) -> WheelList:
    return WheelList(
        python_version=message.python_version,
        wheels=tuple(_wheel(each) for each in message.wheel),
        virtualenv=_wheel(message.virtualenv) if message.HasField("virtualenv") else None,
        verify_tags=tuple(_tag(each) for each in message.verify_pep425_tag),
    )


def _wheel(message: Any) -> ListedWheel:
    return ListedWheel(message.name, message.version, tuple(map(_tag, message.match_tag)), tuple(map(_tag, message.not_match_tag)))


def _tag(message: Any) -> Tag:
    return Tag(message.python, message.abi, message.platform)
