# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Groups and hosts declare side by side: nothing is lost, and nothing is decided between two that disagree."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.hermetic.python.plugins.filter.merged_declarations import merged_declarations
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.plugin_utils.target.merged_declarations import merged

WEB, BUILD = {"name": "web", "lock": "locks/web.toml"}, {"name": "build", "lock": "locks/build.toml"}


def refused(declared: dict[str, Any], what: str = "virtualenvs") -> str:
    with pytest.raises(HermeticError) as raised:
        merged(declared, what)
    return "\n".join(raised.value.problems)


def test_what_several_variables_declare_is_one_list_in_their_order() -> None:
    declared = {"v": [], "v_b": [BUILD], "v_a": [WEB]}
    assert merged(declared, "virtualenvs") == [BUILD, WEB]
    assert merged({"v": []}, "virtualenvs") == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (WEB, WEB),
        (WEB, {**WEB, "extras": [], "system_site_packages": False, "groups": None, "bundle": None}),
        ({**WEB, "extras": ["a", "b"]}, {**WEB, "extras": ["b", "a"]}),
        ({**WEB, "extras": ["a", "b"]}, {**WEB, "extras": "a,b"}),
        ({**WEB, "system_site_packages": True}, {**WEB, "system_site_packages": "yes"}),
    ],
)
def test_a_name_that_is_declared_twice_in_the_same_way_is_there_once(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert merged({"v_a": [one], "v_b": [BUILD, other]}, "virtualenvs") == [one, BUILD]


@pytest.mark.parametrize(
    ("changed", "option"),
    [
        ({"lock": "x"}, "lock"),
        ({"extras": ["m"]}, "extras"),
        ({"groups": []}, "groups"),
        ({"bundle": "python"}, "bundle"),
        ({"system_site_packages": True}, "system_site_packages"),
        ({"wheels": []}, "wheels"),
    ],
)
def test_a_name_that_is_declared_in_two_ways_names_both_places_and_the_difference(changed: dict[str, Any], option: str) -> None:
    message = refused({"v": [WEB], "v_web": [BUILD, {**WEB, **changed}]})
    assert message == f"the VirtualEnv 'web' is declared in v[0] and in v_web[1], and they differ in {option}"


def test_a_bundle_that_says_nothing_of_its_release_has_it_from_the_channel() -> None:
    own = [{"name": "a", "release": "1"}, {"name": "b", "channel": "stable"}, {"name": "c", "archive": "c.tar.gz"}]
    assert merged({"v": [{"name": "python", "checks": []}, *own]}, "bundles", "canary") == [
        {"name": "python", "checks": [], "channel": "canary"},
        *own,
    ]
    assert merged({"v": [{}], "v_web": [{"channel": "canary"}]}, "bundles", "canary") == [{"channel": "canary"}]
    with pytest.raises(HermeticError, match="they differ in channel"):
        merged({"v": [{}], "v_web": [{"channel": "stable"}]}, "bundles", "canary")
    assert merged({"v": [WEB]}, "virtualenvs", "canary") == [WEB]


def test_bundles_are_merged_by_their_name_which_has_a_default() -> None:
    python, old = {"channel": "stable"}, {"name": "python27", "release": "2.7.18+1"}
    assert merged({"b": [python], "b_old": [old, {"name": "python"}]}, "bundles") == [python, old]
    assert "differ in release" in refused({"b": [python], "b_x": [{"name": "python", "release": "3"}]}, "bundles")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "v is empty; it must be a list"),
        ("web", "v is a text"),
        ({"web": WEB}, "v is a dictionary"),
        (["web"], r"v[0] is a text without a name"),
        ([{"lock": "x"}], r"v[0] is a dictionary without a name"),
        ([{"name": 3}], r"v[0] is a dictionary without a name"),
    ],
)
def test_what_is_not_a_list_of_declarations_is_named(value: Any, words: str) -> None:
    assert words in refused({"v": value})


def test_every_problem_is_reported_at_once() -> None:
    message = refused({"v_a": [WEB, {}], "v_b": [{**WEB, "lock": "x"}], "v_c": 3})
    assert len(message.splitlines()) == 3


def test_the_filter_says_what_it_takes_and_puts_problems_into_its_error() -> None:
    assert merged_declarations({"v": [WEB]}, "virtualenvs") == [WEB]
    with pytest.raises(AnsibleFilterError, match="takes a dictionary of variables"):
        merged_declarations([WEB], "virtualenvs")
    with pytest.raises(AnsibleFilterError, match="bundles, virtualenvs"):
        merged_declarations({}, "wheels")
    with pytest.raises(AnsibleFilterError, match=r"v_a\[0\] and in v_b\[0\]"):
        merged_declarations({"v_a": [WEB], "v_b": [{**WEB, "lock": "\x1b"}]}, "virtualenvs")
