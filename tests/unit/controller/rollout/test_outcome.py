# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.rollout.outcome import outcome_of, taken_back

SWITCH = {"generation": {"before": 1, "after": 2}, "bundles": {"python": "3.12.1+2"}}


def finding(kind: str) -> dict[str, Any]:
    return {"subject": "virtualenv:web", "kind": kind, "actual": "check 'imports' ended with status 1", "remedy": "Go back."}


@pytest.mark.parametrize(
    ("result", "health", "state", "message"),
    [
        (SWITCH, None, "switched", ""),
        ({"generation": {"before": 2, "after": 2}}, None, "unchanged", ""),
        ({"generation": {"before": None, "after": 1}}, None, "switched", ""),
        ({"failed": True, "msg": "no room"}, None, "failed", "no room"),
        ({"unreachable": True, "msg": "no route"}, None, "unreachable", "no route"),
        ({"skipped": True}, None, "unreachable", "it could not be asked for its platform"),
        (SWITCH, {"findings": []}, "switched", ""),
        (SWITCH, {"findings": [finding("modified")]}, "switched", ""),
        (SWITCH, {"findings": [finding("unhealthy")]}, "unhealthy", "virtualenv:web is unhealthy: check 'imports' ended with status 1"),
        (
            SWITCH,
            {"findings": [finding("not_runnable")]},
            "unhealthy",
            "virtualenv:web is not_runnable: check 'imports' ended with status 1",
        ),
        (SWITCH, {"failed": True, "msg": "the service is down"}, "unhealthy", "the service is down"),
        (SWITCH, {"unreachable": True, "msg": "gone"}, "unreachable", "gone"),
        (SWITCH, {"failed": True}, "unhealthy", "no reason was given"),
    ],
)
def test_the_outcome_of_a_host(result: dict[str, Any], health: dict[str, Any] | None, state: str, message: str) -> None:
    outcome = outcome_of(result, wave=2, health=health)
    assert (outcome["state"], outcome["wave"], outcome["message"]) == (state, 2, message)


def test_a_command_that_failed_says_what_it_wrote_last() -> None:
    failed = {"failed": True, "msg": "non-zero return code", "rc": 1, "stderr": "trying\nno route to host\n"}
    assert outcome_of(SWITCH, wave=1, health=failed)["message"] == "non-zero return code: no route to host"


def test_a_long_message_is_cut() -> None:
    assert len(outcome_of({"failed": True, "msg": "x" * 10_000}, wave=1)["message"]) == 2001


@pytest.mark.parametrize(
    ("result", "state", "to"),
    [
        ({"generation": {"before": 3, "after": 1}}, "taken_back", 1),
        ({"generation": {"before": 3, "after": 3}}, "kept", 3),
        ({"generation": {"before": 1, "after": 1}, "warnings": ["it was the first"]}, "kept", 1),
        ({"failed": True, "msg": "locked"}, "not_taken_back", None),
        ({"unreachable": True, "msg": "gone"}, "not_taken_back", None),
    ],
)
def test_what_taking_back_led_to(result: dict[str, Any], state: str, to: int | None) -> None:
    found = taken_back(result)
    assert (found["state"], found["to"]) == (state, to)


@pytest.mark.parametrize("value", ["x", 1, True, ["x"], {"before": "\x1b[31m", "after": [1]}, {"x": {}}])
@pytest.mark.parametrize("part", ["generation", "bundles", "warnings", "findings", "msg", "stderr", "rc"])
def test_whatever_a_module_answers_a_host_that_failed_is_counted(part: str, value: Any) -> None:
    """A filter that fails would leave the host out of its wave."""
    failed = {"failed": True, "msg": "no room", part: value}
    outcome = outcome_of(failed, wave=1)
    assert (outcome["state"], outcome["before"], outcome["after"], type(outcome["message"])) == ("failed", None, None, str)
    assert all(isinstance(each, str) for each in outcome["bundles"].values())
    assert outcome_of(SWITCH, wave=1, health=failed)["state"] == "unhealthy"
    assert taken_back(failed)["state"] == "not_taken_back"


def test_a_host_has_gone_back_whatever_fails_afterwards() -> None:
    failed = {"failed": True, "msg": "it does not start"}
    back = {"state": "taken_back", "to": 3, "message": ""}
    assert taken_back(failed, noted=back) == {"state": "taken_back", "to": 3, "message": "it does not start"}
    for noted in ({}, {"state": "kept", "to": 3, "message": ""}):
        assert taken_back(failed, noted=noted) == {"state": "not_taken_back", "to": None, "message": "it does not start"}


@pytest.mark.parametrize("findings", ["x", 5, {"a": 1}, ["x"], [None]])
def test_a_host_whose_findings_cannot_be_read_is_unhealthy(findings: Any) -> None:
    outcome = outcome_of(SWITCH, wave=1, health={"findings": findings})
    assert outcome["state"] == "unhealthy"
    assert "expected a list of findings" in outcome["message"]


def test_what_is_no_number_of_a_generation_is_in_no_outcome() -> None:
    assert taken_back({"generation": {"before": 1, "after": "\x1b[31m"}, "warnings": 5}) == {
        "state": "taken_back",
        "to": None,
        "message": "",
    }
    assert taken_back({"generation": ["x"], "warnings": 5}) == {"state": "kept", "to": None, "message": "5"}
