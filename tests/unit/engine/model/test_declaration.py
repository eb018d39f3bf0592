# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations: what decides the identity of an environment, and every way of declaring nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import InvalidRequest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.declaration import VirtualEnv, parse_declaration
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.text.grammar import shown
from host_samples import bundle, digest
from hypothesis import given
from hypothesis import strategies as st

DIGESTS = st.lists(st.integers(0, 10_000).map(lambda number: digest(str(number))), unique=True, max_size=12)
BUNDLE = {"name": "python", "release": "3.12.1+1", "sha256": digest("bundle")}


@given(DIGESTS, st.randoms(), st.booleans())
def test_the_order_of_wheels_does_not_decide_the_key(wheels: list[str], random: Any, system: bool) -> None:
    shuffled = list(wheels)
    random.shuffle(shuffled)
    one, other = (VirtualEnv("recipes", "python", tuple(order), system) for order in (wheels, shuffled))
    assert one.key(bundle()) == other.key(bundle())
    assert one.id(bundle()) == other.id(bundle())


@given(DIGESTS, DIGESTS, st.booleans(), st.booleans(), st.sampled_from(["3.12.1+1", "3.12.1+2"]), st.sampled_from(["3.12.1+1", "3.12.1+2"]))
def test_keys_are_equal_exactly_when_what_they_stand_for_is(
    wheels: list[str], others: list[str], system: bool, other_system: bool, release: str, other_release: str
) -> None:
    key = VirtualEnv("one", "python", tuple(wheels), system).key(bundle(release=release))
    other = VirtualEnv("two", "python", tuple(others), other_system).key(bundle(release=other_release))
    assert (key == other) == ((set(wheels), system, release) == (set(others), other_system, other_release))


def test_the_key_of_an_environment_is_what_it_was() -> None:
    """A key that changes by accident rebuilds every environment of every fleet."""
    assert VirtualEnv("recipes", "python", (digest("b"), digest("a"))).id(bundle()) == "recipes-7d9e21d7abe7"


@pytest.mark.parametrize("name", ["recipes", "a", "0", "a.b-c_d", "x" * 64])
def test_a_plain_name_is_taken(name: str) -> None:
    declared = parse_declaration({"bundles": [BUNDLE], "virtualenvs": [{"name": name, "bundle": "python", "wheels": []}]}, complete=True)
    assert declared.virtualenvs == (VirtualEnv(name, "python", ()),)
    assert declared.complete


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "/etc",
        "a/b",
        "a\\b",
        "A",
        ".hidden",
        "-x",
        "a b",
        "x" * 65,
        "é",
        "a\n",
        "a\0",
        None,
        7,
        ["a"],
        *("a.", "nul", "con", "aux.x", "lpt1", "lost+found", ".new-x", ".old-x", "a/../b", "\u0661", "a\ud800", "\\\\?\\c:"),
    ],
)
@pytest.mark.parametrize("what", ["bundles", "virtualenvs"])
def test_a_path_or_worse_is_not_a_name(what: str, name: object) -> None:
    document: dict[str, Any] = {"bundles": [BUNDLE], "virtualenvs": []}
    document[what] = [{**BUNDLE, "wheels": [], "name": name}]
    with pytest.raises(InvalidRequest) as caught:
        parse_declaration(document, complete=True)
    assert any(shown(name) in problem for problem in caught.value.problems)


@pytest.mark.parametrize(
    "value", ["", "ab", digest("x").upper(), digest("x") + "0", digest("x")[:-1], f"{digest('x')}\n", None, 1, "../" + "a" * 61]
)
def test_a_digest_is_64_lower_case_digits(value: object) -> None:
    for document in (
        {"bundles": [{**BUNDLE, "sha256": value}]},
        {"bundles": [BUNDLE], "virtualenvs": [{"name": "recipes", "bundle": "python", "wheels": [digest("good"), value]}]},
    ):
        with pytest.raises(InvalidRequest, match="64 lower-case hexadecimal digits"):
            parse_declaration(document, complete=True)


@pytest.mark.parametrize(
    "release", ["", "..", "3.12/1", "3.12 1", None, 3.12, "-1", "x" * 65, "3.12.1\n", "3.12.1-rc1", "rc1", "3.12.", "\u0663.12", "1" * 65]
)
def test_a_release_is_part_of_a_directory_name(release: object) -> None:
    with pytest.raises(InvalidRequest, match="has the release"):
        parse_declaration({"bundles": [{**BUNDLE, "release": release}]}, complete=True)


@pytest.mark.parametrize("packages", [["pip"], "pip", 7, {"pip": 25}, {"pip": None}, {"pip": {}}, {7: "25.1"}, {"pip": "25\ud800"}])
def test_packages_of_a_bundle_are_names_and_versions(packages: object) -> None:
    with pytest.raises(InvalidRequest, match="The packages of the bundle 'python'"):
        parse_declaration({"bundles": [{**BUNDLE, "packages": packages}]}, complete=True)
    declared = parse_declaration({"bundles": [{**BUNDLE, "packages": {"Pip_Tools": "7.0"}}]}, complete=True)
    assert declared.bundles[0].packages == {"pip-tools": "7.0"}
    assert declared.bundles == parse_declaration({"bundles": [BUNDLE]}, complete=True).bundles


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(InvalidRequest) as caught:
        parse_declaration(
            {
                "bundles": [{**BUNDLE, "default": True}, {**BUNDLE, "default": True}, {"name": "b", "release": "", "sha256": "x"}],
                "virtualenvs": [{"name": "../x", "wheels": ["y", "z"]}, {"name": "one", "wheels": []}, {"name": "one", "wheels": []}],
            },
            complete=True,
        )
    assert len(caught.value.problems) == 8
    assert str(caught.value).count("\n  - ") == 8


def test_a_declaration_of_nothing_is_one() -> None:
    declared = parse_declaration({}, complete=False)
    assert (declared.bundles, declared.virtualenvs, declared.absent_bundles, declared.complete) == ((), (), frozenset(), False)


def test_absent_names_are_read() -> None:
    declared = parse_declaration({"absent": {"bundles": ["old"], "virtualenvs": ["x", "y"]}}, complete=False)
    assert (declared.absent_bundles, declared.absent_virtualenvs) == (frozenset({"old"}), frozenset({"x", "y"}))


def test_identifiers_are_short_enough_for_windows_and_shebangs() -> None:
    declared = VirtualEnv("recipes", "python", (digest("a"),))
    assert len(declared.id(bundle())) == len("recipes-") + 12
    assert bundle().id == f"python-3.12.1+1-{bundle().sha256[:12]}"
