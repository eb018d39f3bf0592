# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of hosts as Ansible hands them on."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.host_answer import checked_answer


def test_warnings_that_ansible_made_objects_of_are_texts_again() -> None:
    summary = SimpleNamespace(event=SimpleNamespace(msg="the root stays"))
    answer = checked_answer({"changed": True, "warnings": ["plain", summary]})
    assert answer["warnings"] == ["plain", "the root stays"]
    assert checked_answer({"changed": False})["changed"] is False


def test_a_roll_out_that_is_no_name_is_refused() -> None:
    assert checked_answer({"changed": False, "rollout": "october"})["rollout"] == "october"
    for wrong in ("October!", "../x", "", 7, ["october"], "\x1b[2J"):
        with pytest.raises(HermeticError, match="no result of the engine"):
            checked_answer({"changed": False, "rollout": wrong})


TREE, DIGEST = "laid/0123456789abcdef-0123456789ab", "1" * 64
MADE = {"digest": DIGEST, "here": False, "by": "3.12.1", "was": {"laid/0123456789abcdef-fedcba987654": DIGEST}}


def test_what_a_host_says_of_the_trees_that_it_made_is_handed_on() -> None:
    manifests = {TREE: MADE, "environments/web-0123456789ab": {"digest": DIGEST, "here": True, "by": "", "was": {}}}
    assert checked_answer({"manifests": manifests})["manifests"] == manifests
    assert checked_answer({"manifests": {TREE: {"digest": DIGEST, "here": True}}}), "an engine of an earlier release says no more"


@pytest.mark.parametrize(
    "manifests",
    [
        [TREE],
        {"laid/../../etc": MADE},
        {"generations/1": MADE},
        {"": MADE},
        {TREE: DIGEST},
        {TREE: {"here": False}},
        {TREE: {**MADE, "digest": "x"}},
        {TREE: {**MADE, "here": "no"}},
        {TREE: {**MADE, "by": "3.12.1; DROP TABLE manifests"}},
        {TREE: {**MADE, "by": ["3.12.1"]}},
        {TREE: {**MADE, "was": [TREE]}},
        {TREE: {**MADE, "was": {"laid/x": DIGEST}}},
        {TREE: {**MADE, "was": {TREE: None}}},
    ],
)
def test_what_says_of_no_tree_what_it_holds_is_refused(manifests: object) -> None:
    with pytest.raises(HermeticError, match="no result of the engine"):
        checked_answer({"manifests": manifests})
