# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine by hand: what comes in, what goes out, and the exit code; tests/integration/test_engine_main.py starts it for real."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic import __main__ as subject


class Given:
    """Standard input with these bytes."""

    def __init__(self, content: bytes | OSError) -> None:
        self.buffer = self
        self._content = content

    def read(self) -> bytes:
        if isinstance(self._content, OSError):
            raise self._content
        return self._content


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs the engine on what is given, with a result of the test; it returns code, output and error output."""

    def made(given: object, result: dict[str, Any] | None = None) -> tuple[int, str, str]:
        content = given if isinstance(given, (bytes, OSError)) else json.dumps(given).encode()
        monkeypatch.setattr(sys, "stdin", Given(content))

        def carry_out(document: Any, *, on_progress: Any) -> dict[str, Any]:
            on_progress("begun\x1b[2J")
            return result or {"changed": False}

        monkeypatch.setattr(subject, "run", carry_out)
        code = subject.main()
        return (code, *capsys.readouterr())

    return made


@pytest.mark.parametrize(
    ("command", "result", "expected"),
    [
        ("converge", {"changed": True, "findings": [{}]}, 0),
        ("drift", {"findings": []}, 0),
        ("drift", {"findings": [{}]}, 2),
        ("drift", {"failed": True, "msg": "no"}, 1),
        ("info", {"failed": True, "msg": "no"}, 1),
    ],
)
def test_the_exit_code_says_how_it_went(run: Any, command: str, result: dict[str, Any], expected: int) -> None:
    code, out, err = run({"command": command}, result)
    assert code == expected
    assert json.loads(out) == result
    assert err == "begun\\x1b[2J\n"


@pytest.mark.parametrize("given", [b"", b"{", b"NaN", b"\xff"])
def test_what_is_no_json_is_said_and_has_no_result(run: Any, given: bytes) -> None:
    code, out, err = run(given)
    assert (code, out) == (1, "")
    assert err.startswith("Standard input holds no JSON request: ")


def test_an_input_that_cannot_be_read_is_said(run: Any) -> None:
    assert run(OSError(5, "Input/output error")) == (1, "", "The request could not be read from standard input: Input/output error.\n")


def test_streams_that_are_closed_are_no_crash(run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    assert subject.main() == 1
    assert "it is closed" in capsys.readouterr().err
    monkeypatch.setattr(sys, "stderr", None)
    subject._report("nobody reads")
    monkeypatch.setattr(sys, "stdout", None)
    assert not subject._answer({})


def test_a_result_that_cannot_be_written_is_a_failure_in_words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Full(io.StringIO):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys, "stdout", Full())
    assert not subject._answer({"changed": True})
    assert "could not be written to standard output: No space left" in capsys.readouterr().err
