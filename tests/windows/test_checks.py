# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks on Windows: the same guard of the switch, as the user of the task, ended by a job object."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from engine_hosts import WindowsRoot
from roots import Declared
from wheelhouse import Wheel

pytestmark = pytest.mark.slow

FAILS = {"name": "smoke", "argv": ["{python}", "-c", "import os; print('last', os.environ['TOKEN'], flush=True); os._exit(3)"]}
SECRET = {"environment": {"TOKEN": "not-to-be-shown-1234"}}
LATER = {"argv": ["{prefix}\\Scripts\\python.exe", "-c", "import beta; assert beta.VERSION == '2.0'"]}


@pytest.fixture
def later(root: WindowsRoot, wheels: dict[str, Wheel]) -> Declared:
    """Return the next declaration of the root: another version in ``one``."""
    return root.declared.but(one=[wheels["alpha-1.0"], wheels["beta-2.0"]])


def test_a_failed_check_switches_nothing_or_switches_back(root: WindowsRoot, later: Declared) -> None:
    number = root.current()["number"]
    slow = {"argv": ["{python}", "-c", "import time; time.sleep(600)"], "timeout": 2}
    before = replace(later, checks={"one": {"checks": [LATER, {**FAILS, **SECRET}, slow]}})
    refused = root.refuses("2 checks failed before the switch; nothing was switched.", "exit code 3", "time limit", declared=before)
    assert [each["passed"] for each in refused["checks"]] == [True, False, False]
    assert refused["checks"][1]["output"] == ["last ********"]
    assert root.current()["number"] == number
    after = replace(later, checks={"one": {"checks_after": [LATER, {**FAILS, **SECRET}]}})
    refused = root.refuses("1 check failed after the switch", f"generation {number} is in force again", declared=after)
    assert (refused["switched_back"], refused["generation"]) == (True, {"before": number, "after": number})
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "1.0"
    assert root.drift("deep") == [] and root.left_over() == []


def test_checks_that_pass_switch_and_a_user_cannot_be_chosen(root: WindowsRoot, later: Declared) -> None:
    user = replace(later, checks={"one": {"checks": [{**LATER, "user": "someone"}]}})
    root.refuses("on Windows a check runs as the user of the run", declared=user)
    result = root.converge(replace(later, checks={"one": {"checks": [LATER], "checks_after": [LATER]}}))
    assert [(each["when"], each["passed"], each["user"]) for each in result["checks"]] == [("before", True, None), ("after", True, None)]
    assert root.drift() == []


def test_what_a_run_left_unproved_is_gone_back_from_by_another_declaration(
    root: WindowsRoot, later: Declared, wheels: dict[str, Wheel]
) -> None:
    before = root.current()["number"]
    root.converge(replace(later, checks={"one": {"checks_after": [LATER]}}))
    number = root.current()["number"]
    # As a kill between the switch and its checks leaves it.
    marker = {"format": 1, "pid": 1, "generation": number, "checks": ["virtualenv:one"], "steps": []}
    (root.path / "state" / "journal").write_text(json.dumps(marker))
    same = root.run("converge", declared=replace(later, checks={"one": {"checks_after": [FAILS | SECRET]}}), check=True)
    assert "check" in [step["action"] for step in same["plan"]]
    other = later.but(one=[wheels["beta-2.0"]])
    result = root.converge(replace(other, checks={"one": {"checks_after": [LATER]}}))
    assert result["plan"][0]["reason"].startswith(f"from generation {number} back to generation {before}")
    assert (result["generation"]["before"], [each["passed"] for each in result["checks"]]) == (number, [True])
    assert not (root.path / "state" / "generations" / f"{number}.json").exists()
    assert root.python("-c", "import beta; print(beta.VERSION)", of="one").strip() == "2.0"
    assert root.drift("deep") == [] and root.left_over() == []
