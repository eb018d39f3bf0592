# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks go from the options of a task to the request, or are refused before any host is reached."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.declared_checks import declared_checks, refuse_invalid_checks
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_answer import answer_problems
from ansible_collections.hermetic.python.plugins.plugin_utils.target.request import shown_options

GIVEN = {
    "name": None,
    "argv": ["{python}", "-c", "pass"],
    "user": None,
    "environment": {"PORT": 80},
    "chdir": None,
    "timeout": 60.0,
    "rc": 0,
}
CHECK = {
    "subject": "virtualenv:web",
    "name": "smoke",
    "when": "before",
    "how": "ended with exit code 0",
    "passed": True,
    "argv": ["x"],
    "output": [],
}


def test_the_request_has_what_was_given() -> None:
    sent = {"argv": ["{python}", "-c", "pass"], "environment": {"PORT": "80"}, "timeout": 60.0, "rc": 0}
    assert declared_checks({"checks": [GIVEN], "checks_after": []}) == {"checks": [sent]}
    assert declared_checks({"name": "web"}) == {}


UNKNOWN: list[dict[str, Any]] = [{"argv": ["{x}"]}]
EMPTY: list[dict[str, Any]] = [{"argv": []}]


@pytest.mark.parametrize(
    ("options", "subjects"),
    [
        (
            {"bundles": [{"name": "python", "checks": UNKNOWN}], "virtualenvs": [{"name": "web", "checks_after": EMPTY}]},
            ["bundle 'python'", "VirtualEnv 'web'"],
        ),
        ({"name": "python", "release": None, "checks": UNKNOWN}, ["bundle 'python'"]),
        ({"name": "web", "lock": "x", "checks_after": UNKNOWN}, ["VirtualEnv 'web'"]),
    ],
)
def test_all_problems_of_a_task_are_one_error(options: dict[str, Any], subjects: list[str]) -> None:
    with pytest.raises(HermeticError) as refused:
        refuse_invalid_checks(options)
    assert len(refused.value.problems) == len(subjects)
    assert not [subject for subject in subjects if subject not in str(refused.value)]


def test_what_has_no_checks_is_not_refused() -> None:
    refuse_invalid_checks({"bundles": [{"name": "python", "checks": []}], "virtualenvs": None})


def test_variables_of_checks_are_never_shown() -> None:
    shown = shown_options({"virtualenvs": [{"name": "web", "checks": [{**GIVEN, "environment": {"TOKEN": "hidden"}}]}]})
    assert "hidden" not in str(shown)
    assert shown["virtualenvs"][0]["checks"][0]["argv"] == GIVEN["argv"]


@pytest.mark.parametrize(
    "part", [{"name": 1}, {"passed": "yes"}, {"argv": "x"}, {"output": [1]}, {"subject": None}, {"how": []}, {"when": {}}]
)
def test_a_host_that_answers_with_no_check_is_not_believed(part: dict[str, Any]) -> None:
    assert list(answer_problems({"checks": [CHECK], "switched_back": True, "failed_generation": 4})) == []
    assert list(answer_problems({"checks": [{**CHECK, **part}]}))
    assert list(answer_problems({"failed_generation": "4"}))
    assert list(answer_problems({"switched_back": "yes"}))
