# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A check of a bundle or VirtualEnv: the command, how it is run, and which exit code is success; pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..text.grammar import is_number, shown
from .program import is_argument, variable_problems

CHECK_OPTIONS = ("checks", "checks_after")
"""Run in the new tree before the switch, and through the stable path after it."""
DEFAULT_TIMEOUT = 60
PLACEHOLDERS = ("prefix", "python")

_LONGEST_TIMEOUT = 86400
_LARGEST_CODE = 0xFFFFFFFF
_LONGEST_NAME = 60
_KNOWN = ("argv", "chdir", "environment", "name", "rc", "timeout", "user")
_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_PRIVILEGED = ("root", "0")


@dataclass(frozen=True)
class Check:
    """One command and what it must end with; texts may hold placeholders."""

    name: str
    argv: tuple[str, ...]
    user: str | None = None
    """The user that it runs as where the run itself is root; None for one without privileges."""
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Variables, whose values may be secrets."""
    chdir: str | None = None
    timeout: float = DEFAULT_TIMEOUT
    rc: int = 0

    @property
    def secrets(self) -> list[str]:
        """Texts that must not be shown: the values of variables, but not what is only the name of a placeholder."""
        return [value for value in self.environment.values() if _TOKEN.sub("", value)]

    def expanded(self, values: Mapping[str, str]) -> Check:
        """Return the check with the placeholders replaced by values."""
        return Check(
            name=self.name,
            argv=tuple(_expanded(word, values) for word in self.argv),
            user=self.user,
            environment={name: _expanded(value, values) for name, value in self.environment.items()},
            chdir=None if self.chdir is None else _expanded(self.chdir, values),
            timeout=self.timeout,
            rc=self.rc,
        )


def check_problems(entry: Mapping[str, Any], subject: str) -> Iterator[str]:
    """Yield everything that is wrong with the checks of a declared bundle or VirtualEnv; no value of a variable is ever shown."""
    for option in CHECK_OPTIONS:
        checks = entry.get(option)
        if checks is None:
            continue
        if not isinstance(checks, list):
            yield f"The {option} of the {subject} are {shown(checks)}; expected a list of checks."
            continue
        for place, check in enumerate(checks, 1):
            yield from _problems(check, f"check {place} of {option} of the {subject}")


def parse_checks(entry: Mapping[str, Any], option: str) -> tuple[Check, ...]:
    """Return the checks of a declared bundle or VirtualEnv that has no problems."""
    return tuple(_parsed(check) for check in entry.get(option) or ())


def _parsed(check: Mapping[str, Any]) -> Check:
    argv = tuple(check["argv"])
    timeout, code = check.get("timeout"), check.get("rc")
    return Check(
        name=check.get("name") or " ".join(argv)[:_LONGEST_NAME],
        argv=argv,
        user=check.get("user"),
        environment=dict(check.get("environment") or {}),
        chdir=check.get("chdir"),
        timeout=DEFAULT_TIMEOUT if timeout is None else timeout,
        rc=0 if code is None else code,
    )


def _problems(check: object, subject: str) -> Iterator[str]:
    if not isinstance(check, Mapping):
        yield f"The {subject} is {shown(check)}; expected a mapping with argv."
        return
    for option in sorted(map(str, check.keys() - set(_KNOWN))):
        yield f"The {subject} has the option {shown(option)}, which is not known; known are {', '.join(_KNOWN)}."
    argv = check.get("argv")
    if not isinstance(argv, list) or not argv or not argv[0]:
        yield f"The {subject} has the argv {shown(argv)}; expected a program and its arguments, as a list of texts."
    for place, word in enumerate(argv if isinstance(argv, list) else (), 1):
        yield from _text_problems(word, f"Word {place} of argv of the {subject}")
    if check.get("chdir") is not None:
        yield from _text_problems(check["chdir"], f"The chdir of the {subject}")
    environment = check.get("environment")
    if environment is not None:
        yield from variable_problems(environment, subject=f"the {subject}")
    for variable, value in environment.items() if isinstance(environment, Mapping) else ():
        problem = _placeholder_problem(value) if isinstance(value, str) else None
        if problem is not None:
            yield f"The variable {shown(variable)} of the {subject} {problem}."
    name, user = check.get("name"), check.get("user")
    if name is not None and (not is_argument(name) or not name):
        yield f"The {subject} has the name {shown(name)}; expected a text."
    if user is not None and (not is_argument(user) or not user):
        yield f"The {subject} has the user {shown(user)}; expected the name of a user."
    elif user in _PRIVILEGED:
        yield f"The {subject} has the user {shown(user)}; expected a user without privileges, since a check must not be able to change anything."
    timeout, code = check.get("timeout"), check.get("rc")
    if timeout is not None and not _is_timeout(timeout):
        yield f"The {subject} has the timeout {shown(timeout)}; expected seconds, more than 0 and at most {_LONGEST_TIMEOUT}."
    if code is not None and not is_number(code, least=0, most=_LARGEST_CODE):
        yield f"The {subject} expects the rc {shown(code)}; expected an exit code, such as 0."


def _text_problems(text: object, subject: str) -> Iterator[str]:
    if not is_argument(text):
        yield f"{subject} is {shown(text)}; expected a text without NUL."
        return
    problem = _placeholder_problem(str(text))
    if problem is not None:
        yield f"{subject} is {shown(text)}, which {problem}."


def _placeholder_problem(text: str) -> str | None:
    for token in _TOKEN.finditer(text):
        if token[0] in ("{{", "}}") or token[1] in PLACEHOLDERS:
            continue
        if token[1] is None:
            return f"has a single {token[0]!r}; double it where a brace is meant, or write {{python}} or {{prefix}}"
        return "has a placeholder that is not known; known are {python} and {prefix}, and a doubled brace is a brace"
    return None


def _expanded(text: str, values: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda token: token[0][0] if token[1] is None else values[token[1]], text)


def _is_timeout(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return math.isfinite(value) and 0 < value <= _LONGEST_TIMEOUT
