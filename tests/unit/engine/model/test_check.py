# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks are refused where they cannot be meant, all problems at once, and their placeholders are replaced and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.check import CHECK_OPTIONS, check_problems, parse_checks

VALUES = {"python": "/p/bin/python", "prefix": "/p"}


def problems(*checks: Any, option: str = "checks") -> list[str]:
    return list(check_problems({option: list(checks)}, "VirtualEnv 'web'"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{python}", "/p/bin/python"),
        ("{prefix}/share", "/p/share"),
        ("{{python}}", "{python}"),
        ("{{{prefix}}}", "{/p}"),
        ('{{"a": [1]}}', '{"a": [1]}'),
        ("no braces", "no braces"),
        ("", ""),
    ],
)
def test_placeholders_are_replaced_and_a_doubled_brace_is_a_brace(text: str, expected: str) -> None:
    given = {"argv": ["x", text], "environment": {"{prefix}": text}, "chdir": text}
    assert problems(given) == []
    (check,) = parse_checks({"checks": [given]}, "checks")
    expanded = check.expanded(VALUES)
    assert expanded.argv == ("x", expected)
    assert expanded.chdir == expected
    # Names of variables are as they are.
    assert expanded.environment == {"{prefix}": expected}


def test_what_is_replaced_is_not_looked_through_again() -> None:
    (check,) = parse_checks({"checks": [{"argv": ["{python}"]}]}, "checks")
    assert check.expanded({"python": "{prefix}", "prefix": "/p"}).argv == ("{prefix}",)


@pytest.mark.parametrize("text", ["{home}", "{}", "{python", "python}", "{python!r}", "{prefix.parent}", "{0}", "{ python }", "{{{home}}}"])
@pytest.mark.parametrize("part", ["argv", "environment", "chdir"])
def test_anything_else_in_braces_is_refused(text: str, part: str) -> None:
    given: dict[str, Any] = {"argv": ["x"]}
    given[part] = {"argv": ["x", text], "environment": {"A": text}, "chdir": text}[part]
    (problem,) = problems(given)
    assert "check 1 of checks of the VirtualEnv 'web'" in problem
    assert "{python}" in problem


def test_all_problems_of_all_checks_are_named_at_once() -> None:
    entry = {"checks": [{"argv": []}, {"argv": ["{x}"]}, "true"], "checks_after": [{"argv": ["x"], "rc": -1, "timeout": 0, "shell": True}]}
    found = list(check_problems(entry, "bundle 'python'"))
    assert len(found) == 6
    assert [text for text in found if "bundle 'python'" not in text] == []


@pytest.mark.parametrize(
    "part",
    [
        {"argv": "true"},
        {"argv": [""]},
        {"argv": ["x", 1]},
        {"argv": ["x\0y"]},
        {"user": "root"},
        {"user": "0"},
        {"user": ""},
        {"user": 5},
        {"name": ""},
        {"chdir": 5},
        {"environment": ["A"]},
        {"environment": {"A=B": "x"}},
        {"environment": {"A": 1}},
        {"timeout": float("inf")},
        {"timeout": float("nan")},
        {"timeout": True},
        {"timeout": "60"},
        {"timeout": 10**6},
        {"rc": True},
        {"rc": 2**40},
    ],
)
def test_what_cannot_be_meant_is_refused(part: dict[str, Any]) -> None:
    assert len(problems({"argv": ["x"], **part})) == 1


@pytest.mark.parametrize("option", CHECK_OPTIONS)
def test_checks_are_a_list(option: str) -> None:
    assert len(list(check_problems({option: {"argv": ["x"]}}, "bundle 'python'"))) == 1


def test_no_value_of_a_variable_is_shown() -> None:
    secret = "secret-{of}-mine"
    shown = problems({"argv": ["x"], "environment": {"TOKEN": secret, "OTHER": f"{secret}\0"}})
    assert len(shown) == 3 and not [text for text in shown if "secret" in text]


def test_what_is_not_given_has_its_default() -> None:
    (check,) = parse_checks({"checks_after": [{"argv": ["curl", "--fail"]}]}, "checks_after")
    assert (check.name, check.timeout, check.rc, check.user, check.chdir) == ("curl --fail", 60, 0, None, None)
    assert parse_checks({}, "checks") == ()


def test_the_name_of_a_placeholder_alone_is_no_secret() -> None:
    (check,) = parse_checks({"checks": [{"argv": ["x"], "environment": {"A": "{prefix}", "B": "hunter2-{prefix}"}}]}, "checks")
    assert check.secrets == ["hunter2-{prefix}"]
    assert "hunter2" not in repr(check)
