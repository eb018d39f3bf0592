# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import NotForThisPython
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.toml_specification import declared_by
from vpython_samples import question


def test_dependencies_are_those_of_this_python() -> None:
    found = declared_by(question(kind="toml", text="dependencies = ['a>=1', 'b; python_version < \"3\"', 'c; extra == \"x\"']"))
    assert found is not None
    assert [str(each) for each in found.dependencies] == ["a>=1"]


def test_a_text_proto_is_not_read() -> None:
    assert declared_by(question(kind="inline", text="[")) is None


def test_all_problems_are_said_at_once() -> None:
    with pytest.raises(HermeticError) as caught:
        declared_by(question(kind="script", text="requires-python = 'new'\ndependencies = ['a b', 3]"))
    assert len(caught.value.problems) == 3
    with pytest.raises(HermeticError, match="expected a list"):
        declared_by(question(kind="script", text="dependencies = 'a'"))


@pytest.mark.parametrize("marker", ["python_full_version ~= '3'", "'x' in extras", "'a' < 'b'"])
def test_a_marker_that_nobody_can_evaluate_is_said_with_its_requirement(marker: str) -> None:
    with pytest.raises(HermeticError, match="is invalid") as caught:
        declared_by(question(kind="toml", text=f'dependencies = ["good", "bad; {marker}"]'))
    (problem,) = caught.value.problems
    assert problem.startswith("'bad; ") and "cannot be evaluated" in problem


@pytest.mark.parametrize("text", [b"[", b"a = '\xff'", b"a = " + b"[" * 100000])
def test_what_is_no_toml_is_refused(text: bytes) -> None:
    with pytest.raises(HermeticError, match="is not TOML"):
        declared_by(question(kind="toml", text=text))


def test_another_python_is_said_as_such() -> None:
    with pytest.raises(NotForThisPython) as caught:
        declared_by(question(kind="toml", text="requires-python = '<3'"))
    assert caught.value.wants == "<3"
