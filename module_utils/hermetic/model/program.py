# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that a request has run: where it is, what it is given, and the conditions under which it does not run; pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..text.grammar import part_problem, shown

_PATHS = ("chdir", "creates", "removes")
_FLAGS = ("uses_lock", "prepare_only")
_KNOWN = {"files", "script", "specification", "arguments", "environment", "stdin", *_FLAGS, *_PATHS}


@dataclass(frozen=True)
class Program:
    """A program, and how it is started."""

    script: str
    """The name of one of the files; where there are none, the path of a script on the host."""
    files: Mapping[str, bytes] = field(default_factory=dict)
    """What came from the controller, by name: the script, its specification and its lock."""
    specification: str | None = None
    """The file that says what the program needs, where that is not the script itself."""
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables, whose values may be secrets."""
    stdin: bytes | None = field(default=None, repr=False)
    chdir: str | None = None
    creates: str | None = None
    removes: str | None = None
    uses_lock: bool = False
    """Whether wheels may be fetched from the addresses in a lock that lies on the host."""
    prepare_only: bool = False
    """Whether the environment is made and nothing is run."""


def program_problems(value: Mapping[str, Any]) -> Iterator[str]:
    """Yield everything that is wrong with the program of a request; no value of a variable is ever shown."""
    for name in sorted(value.keys() - _KNOWN):
        yield f"The part {shown(name)} of the program is not known."
    if not is_argument(value.get("script")) or not value["script"]:
        yield f"The script is {shown(value.get('script'))}; expected a name or a path."
    yield from _file_problems(value)
    arguments = value.get("arguments", [])
    if not isinstance(arguments, list):
        yield f"The arguments are {shown(arguments)}; expected a list of texts."
    else:
        for place, argument in enumerate(arguments, 1):
            if not is_argument(argument):
                yield f"Argument {place} of the script is {shown(argument)}; expected a text without NUL."
    yield from variable_problems(value.get("environment", {}))
    for name in _PATHS:
        if value.get(name) is not None and (not is_argument(value[name]) or not value[name]):
            yield f"The option {name} is {shown(value[name])}; expected a path."
    if value.get("stdin") is not None and _decoded(value["stdin"]) is None:
        yield "The standard input of the script is no base64."
    for name in _FLAGS:
        if not isinstance(value.get(name, False), bool):
            yield f"The part '{name}' of the program is {shown(value[name])}; expected true or false."


def variable_problems(environment: object, *, subject: str = "the script") -> Iterator[str]:
    """Yield what is wrong with variables for a program."""
    if not isinstance(environment, Mapping):
        yield f"The environment of {subject} is no mapping; expected variables with their values."
        return
    for name, text in environment.items():
        if not is_argument(name) or not name or "=" in name:
            yield f"The environment of {subject} has the variable {shown(name)}; expected a name without '=' and NUL."
        elif not is_argument(text):
            yield f"The variable {shown(name)} of {subject} has a value that is no text without NUL; put it in quotes."


def parse_program(value: Mapping[str, Any]) -> Program:
    """Return the program of a request that has no problems."""
    return Program(
        script=value["script"],
        files={name: _decoded(content) or b"" for name, content in (value.get("files") or {}).items()},
        specification=value.get("specification"),
        arguments=tuple(value.get("arguments", [])),
        environment=dict(value.get("environment", {})),
        stdin=None if value.get("stdin") is None else _decoded(value["stdin"]),
        chdir=value.get("chdir"),
        creates=value.get("creates"),
        removes=value.get("removes"),
        uses_lock=value.get("uses_lock", False),
        prepare_only=value.get("prepare_only", False),
    )


def encoded(content: bytes) -> str:
    """Return bytes as a request holds them."""
    return base64.b64encode(content).decode("ascii")


def _file_problems(value: Mapping[str, Any]) -> Iterator[str]:
    files = value.get("files") or {}
    if not isinstance(files, Mapping):
        yield f"The files of the program are {shown(files)}; expected a mapping of names to contents."
        return
    for name, content in files.items():
        problem = part_problem(name)
        if problem is not None:
            yield f"The program has a file with the name {shown(name)}; {problem}."
        if _decoded(content) is None:
            yield f"The file {shown(name)} of the program is no base64."
    named = [value.get("script"), *([value["specification"]] if value.get("specification") is not None else [])]
    for name in named if files else named[1:]:
        if name not in files:
            yield f"The program names {shown(name)}, which is none of its files."


def is_argument(value: object) -> bool:
    """Return whether a value can be an argument of a program: a text without NUL that UTF-8 has bytes for."""
    if not isinstance(value, str) or "\0" in value:
        return False
    try:
        value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def _decoded(value: object) -> bytes | None:
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else None
    except (binascii.Error, ValueError):
        return None
