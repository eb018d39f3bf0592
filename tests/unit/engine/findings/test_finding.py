# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Findings and differences as values: named fields only, never changed, and one list of kinds, causes and severities."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace
from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.difference import Difference
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import (
    CAUSES,
    INTERRUPTED,
    KINDS,
    PENDING,
    SEVERITIES,
    TAMPERED,
    Finding,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.policy import SCHEMA
from ansible_collections.hermetic.python.plugins.plugin_utils.drift_report.model.task_result import finding_of

FINDING: dict[str, Any] = {
    "subject": "file:one/bin/python",
    "kind": "modified",
    "severity": "high",
    "cause": TAMPERED,
    "expected": "1 bytes",
    "actual": "2 bytes",
    "path": "environments/one-0123456789ab/bin/python",
    "remedy": "Converge.",
}
DIFFERENCE: dict[str, Any] = {"path": "bin/python", "kind": "modified", "expected": "1 bytes", "actual": "2 bytes"}
VALUES = pytest.mark.parametrize(("value_type", "given"), [(Finding, FINDING), (Difference, DIFFERENCE)])


@VALUES
def test_no_field_is_given_by_its_place(value_type: Any, given: dict[str, Any]) -> None:
    first, *others = given
    with pytest.raises(TypeError, match="positional"):
        value_type(given[first], **{name: given[name] for name in others})


@VALUES
def test_a_field_that_is_left_out_is_an_error(value_type: Any, given: dict[str, Any]) -> None:
    for name in given:
        with pytest.raises(TypeError, match=name):
            value_type(**{other: given[other] for other in given if other != name})


@VALUES
def test_values_are_equal_by_content_and_never_changed(value_type: Any, given: dict[str, Any]) -> None:
    value = value_type(**given)
    assert {field.name: getattr(value, field.name) for field in fields(value)}.items() >= given.items()
    assert value == value_type(**given)
    assert len({value, value_type(**given)}) == 1
    changed = replace(value, actual="3 bytes")
    assert (changed.actual, value.actual) == ("3 bytes", "2 bytes")
    assert changed != value
    with pytest.raises(FrozenInstanceError):
        value.kind = "mode"


def test_a_finding_alone_has_no_count_and_one_for_many_has() -> None:
    assert Finding(**FINDING).as_dict() == FINDING
    assert Finding(**FINDING, count=3, examples=("a", "b")).as_dict() == {**FINDING, "count": 3, "examples": ["a", "b"]}


def test_every_cause_has_one_name_and_reports_order_by_the_same_lists() -> None:
    assert CAUSES == (TAMPERED, INTERRUPTED, PENDING)
    assert SEVERITIES == ("high", "medium", "low")
    assert len(set(KINDS)) == len(KINDS) == 14
    assert SCHEMA["properties"]["threshold"]["enum"] == list(SEVERITIES)
    unknown = finding_of({"cause": "other", "severity": "other"})
    assert (unknown["cause"], unknown["severity"]) == (CAUSES[0], SEVERITIES[0])
