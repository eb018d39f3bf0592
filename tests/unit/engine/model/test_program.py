# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program of a request: what is refused, and what is never shown."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.program import encoded, parse_program, program_problems
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.request import parse_request

GIVEN = {
    "files": {"tool.py": encoded(b"pass\n"), "vpython.toml": ""},
    "script": "tool.py",
    "specification": "vpython.toml",
    "arguments": ["", "two words", "\udcff"],
    "environment": {"A": "secret-value"},
    "stdin": encoded(b"\xff"),
    "chdir": "/tmp",
}


def test_a_program_is_read_as_it_was_sent() -> None:
    assert list(program_problems(GIVEN)) == []
    program = parse_program(GIVEN)
    assert (program.files, program.stdin) == ({"tool.py": b"pass\n", "vpython.toml": b""}, b"\xff")
    assert (program.arguments, program.prepare_only, program.creates) == (("", "two words", "\udcff"), False, None)
    assert "secret-value" not in repr(program)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"script": "other.py"}, "none of its files"),
        ({"script": 7}, "expected a name or a path"),
        ({"specification": "gone.toml"}, "none of its files"),
        ({"files": {"../tool.py": ""}, "script": "../tool.py", "specification": None}, "the name holds a '/'"),
        ({"files": {"..": ""}, "script": "..", "specification": None}, "has a file with the name"),
        ({"files": {"tool.py": "no base64!"}, "specification": None}, "is no base64"),
        ({"files": ["tool.py"]}, "expected a mapping"),
        ({"arguments": "one"}, "expected a list"),
        ({"arguments": ["a", "b\0"]}, "Argument 2"),
        ({"arguments": ["\ud800"]}, "Argument 1"),
        ({"environment": ["A"]}, "no mapping"),
        ({"environment": {"A=B": "1"}}, "without '=' and NUL"),
        ({"environment": {"": "1"}}, "without '=' and NUL"),
        ({"environment": {"A": None}}, "put it in quotes"),
        ({"stdin": 7}, "no base64"),
        ({"creates": ""}, "expected a path"),
        ({"removes": 7}, "expected a path"),
        ({"prepare_only": "yes"}, "true or false"),
        ({"more": 1}, "'more' of the program is not known"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, Any], says: str) -> None:
    problems = list(program_problems({**GIVEN, **change}))
    assert any(says in problem for problem in problems), problems


def test_no_value_of_a_variable_is_shown() -> None:
    problems = program_problems({**GIVEN, "environment": {"A": "secret\0value", "B=": "secret-other"}})
    assert not any("secret" in problem for problem in problems)


def test_a_request_for_a_script_needs_one() -> None:
    document = {"format": 1, "command": "script", "root": "/opt/infra-system"}
    assert parse_request({**document, "program": {"script": "/x.py"}}).program == parse_program({"script": "/x.py"})
    with pytest.raises(InvalidRequest, match="The script is"):
        parse_request(document)
    with pytest.raises(InvalidRequest, match="expected a mapping"):
        parse_request({**document, "program": "x"})
