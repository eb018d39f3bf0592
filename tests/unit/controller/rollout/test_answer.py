# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another host answers with one word in what it prints; anything else is no answer, and the message says what was printed."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.answer import answer_of, answering


def test_an_answer_comes_through_any_output_format() -> None:
    result = {
        "changed": True,
        "rollout": {"state": "halted", "since": "2026-11-26T21:00:00Z", "reason": "down: 'it\"s'"},
        "plan": [],
        "invocation": {"passphrase": "secret"},
    }
    word = answering(result)
    assert " " not in word
    for output in (f"ok: => {json.dumps({'msg': word})}", f"ok: =>\n    msg: '{word}'\n", f"{answering({'msg': 'earlier'})}\n{word}"):
        assert answer_of(output) == {"rollout": result["rollout"]}
    assert answer_of(answering({"failed": True, "msg": "No key."})) == {"msg": "No key."}


@pytest.mark.parametrize(
    "output",
    [
        "",
        "ERROR! the playbook could not be found",
        "hermetic-rollout:!!!:",
        "hermetic-rollout:AAA:",
        f"hermetic-rollout:{base64.b64encode(b'[]').decode()}:",
    ],
)
def test_what_is_no_answer_is_a_message(output: str) -> None:
    answer = answer_of(output, "non-zero return code")
    assert "rollout" not in answer
    assert answer["msg"].startswith("The host that has the repository gave no answer: non-zero return code")
    assert output[:20] in answer["msg"]


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        ({"rollout": []}, "it is a list"),
        ({"rollout": {"state": "halted"}}, "since is None"),
        ({"rollout": {"state": "paused", "since": "2026-11-26T21:00:00Z"}}, "its state is 'paused'"),
        ({"rollout": {"state": "halted", "since": "2026-11-26T21:00:00Z", "runs": "5"}}, "its number of runs is '5'"),
        ({"rollout": {}, "msg": ["x"]}, "its message is a list"),
    ],
)
def test_a_record_that_the_play_could_not_go_on_with_is_a_message(said: dict[str, Any], problem: str) -> None:
    """The report reads the record after every host was changed."""
    answer = answer_of(answering(said))
    assert "rollout" not in answer
    assert problem in answer["msg"]


def test_no_answer_acts_on_a_terminal() -> None:
    record = {"state": "halted", "since": "2026-11-26T21:00:00Z", "reason": "\x1b[2J"}
    assert answer_of(answering({"rollout": record}))["rollout"]["reason"] == "\\x1b[2J"
    assert "\x1b" not in answer_of("\x1b[2J", "\x1b[31m")["msg"]


def test_there_may_be_no_record_yet() -> None:
    assert answer_of(answering({"rollout": {}})) == {"rollout": {}}
