# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the inventory says of a host and of its play."""

from __future__ import annotations

from ansible_collections.hermetic.python.plugins.plugin_utils.target.task_variables import expected_platform, host_name, platforms_of_play

VARIABLES = {
    "inventory_hostname": "a",
    "hermetic_platform": "linux-x86_64",
    "ansible_delegated_vars": {"b": {"hermetic_platform": "windows-x86_64"}, "c": {}},
    "ansible_play_hosts_all": ["a", "b", "c", "gone"],
    "hostvars": {"a": {"hermetic_platform": "linux-x86_64"}, "b": {"hermetic_platform": "windows-x86_64"}, "c": {}, "d": {"x": 1}},
}


def test_a_delegated_task_is_about_the_other_host() -> None:
    assert (expected_platform(VARIABLES, delegate_to=None), host_name(VARIABLES, delegate_to=None)) == ("linux-x86_64", "a")
    assert (expected_platform(VARIABLES, delegate_to="b"), host_name(VARIABLES, delegate_to="b")) == ("windows-x86_64", "b")
    assert expected_platform(VARIABLES, delegate_to="c") is None


def test_the_platforms_of_a_play_are_those_that_the_inventory_names() -> None:
    assert platforms_of_play(VARIABLES) == ["linux-x86_64", "windows-x86_64"]
    assert platforms_of_play({}) == []
