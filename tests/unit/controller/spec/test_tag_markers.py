# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags as markers: on every host, a marker says what vpython decides by tags."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.formats.specification import ListedWheel, Tag
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.hosts import PYTHON2, PYTHONS, Host, best_tag, hosts_of
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.marker_terms import (
    ALWAYS,
    NEVER,
    Comparison,
    Every,
    Some,
    Term,
    every,
    marker_text,
    negated,
    some,
)
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.matching import is_installed
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.tag_grammar import tag_problem
from ansible_collections.hermetic.python.plugins.plugin_utils.spec.legacy.tag_markers import condition_of, tag_condition
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import Marker
from spec_samples import ABI_PARTS, PLATFORM_PARTS, PYTHON_PARTS, real_tags

# Markers know no C library.
HOSTS = [host for host in hosts_of((PYTHON2, *PYTHONS)) if "musl" not in host.platform]


def holds(term: Term, host: Host) -> bool:
    if term in (ALWAYS, NEVER):
        return term == ALWAYS
    return Marker(marker_text(term)).evaluate({**host.target.environment, "extra": ""})


@pytest.mark.parametrize("python", PYTHON_PARTS)
def test_the_marker_of_a_tag_holds_on_the_hosts_that_have_it(python: str) -> None:
    for abi, platform in itertools.product(ABI_PARTS, PLATFORM_PARTS):
        tag = Tag(python, abi, platform)
        term = tag_condition(tag, python2=True)
        marker = None if term in (ALWAYS, NEVER) else Marker(marker_text(term))
        for host in HOSTS:
            found = term == ALWAYS if marker is None else marker.evaluate({**host.target.environment, "extra": ""})
            assert found is host.tags.has(tag), (str(tag), host.label, str(marker))


@given(st.lists(real_tags, max_size=3).map(tuple), st.lists(real_tags, max_size=3).map(tuple), st.sampled_from(HOSTS))
def test_the_marker_of_a_wheel_holds_on_the_hosts_that_get_it(match: tuple[Tag, ...], but: tuple[Tag, ...], host: Host) -> None:
    wheel = ListedWheel("a", "1", match, but)
    assert holds(condition_of(wheel, python2=True), host) is is_installed(wheel, host.tags)
    if host.python[0] > 2:
        assert holds(condition_of(wheel), host) is is_installed(wheel, host.tags)


def test_a_marker_of_linux_is_one_for_every_c_library() -> None:
    for platform in ("linux-x86_64", "linux-x86_64-musl"):
        assert holds(tag_condition(Tag(platform="linux_x86_64")), Host(platform, (3, 11)))


@pytest.mark.parametrize("host", hosts_of((PYTHON2, (3, 8), (3, 14))), ids=lambda host: host.label)
def test_no_tag_of_a_host_counts_as_impossible(host: Host) -> None:
    for tag in host.target.tags:
        assert tag_problem(Tag(tag.interpreter, tag.abi, tag.platform)) is None, str(tag)


@pytest.mark.parametrize(
    ("tag", "hint"),
    [
        (Tag(platform="windows-x64"), "'win_amd64' may be meant"),
        (Tag(platform="win64"), "'win_amd64' may be meant"),
        (Tag(platform="windows-386"), "'win32' may be meant"),
        (Tag(platform="linux_arm64"), "'linux_aarch64' may be meant"),
        (Tag(platform="linux-amd64"), "'linux_x86_64' may be meant"),
        (Tag(platform="mac-arm64"), "'macosx_11_0_arm64' may be meant"),
        (Tag(platform="manylinux1_aarch64"), "'linux_aarch64' may be meant"),
        (Tag(platform="macosx_10_9_arm64"), "'macosx_11_0_arm64' may be meant"),
        (Tag(platform="solaris"), "expected one such as"),
        (Tag("py2.py3", "none", "any"), "write one pattern for each"),
        (Tag("cp3"), "names no release"),
        (Tag("python3"), "is no tag of a Python"),
        (Tag("cp38", "cp39"), "of different releases"),
        (Tag("cp38", "cp38m"), "has the flag m"),
        (Tag(abi="cp311-cp311"), "is no ABI"),
        (Tag("py3", "abi3"), "goes with abi 'none' only"),
        (Tag(platform="any", abi="cp38"), "goes with abi 'none' only"),
        (Tag("cp27", "abi3"), "has no abi3"),
        (Tag(), "no part of it is set"),
    ],
)
def test_impossible_tags_are_found_with_what_may_be_meant(tag: Tag, hint: str) -> None:
    problem = tag_problem(tag)
    assert problem is not None
    assert hint in problem


def test_negation_follows_de_morgan() -> None:
    a, b = Comparison("sys_platform", "==", "linux"), Comparison("python_version", ">=", "3.8")
    assert negated(Every((a, b))) == Some((Comparison("sys_platform", "!=", "linux"), Comparison("python_version", "<", "3.8")))
    assert negated(negated(Every((a, Some((b, a)))))) == Every((a, Some((b, a))))
    assert (negated(ALWAYS), negated(NEVER)) == (NEVER, ALWAYS)
    assert (every([]), some([]), every([a, NEVER]), some([a, ALWAYS]), every([a, a])) == (ALWAYS, NEVER, NEVER, ALWAYS, a)
    assert marker_text(Every((a, Some((a, b))))) == 'sys_platform == "linux" and (sys_platform == "linux" or python_version >= "3.8")'


@pytest.mark.parametrize(
    ("platform", "python", "tag"),
    [
        ("linux-x86_64", (3, 11), "cp311-cp311-manylinux1_x86_64"),
        ("linux-aarch64", (3, 11), "cp311-cp311-linux_aarch64"),
        ("macos-x86_64", PYTHON2, "cp27-cp27m-macosx_10_4_intel"),
        ("macos-arm64", (3, 12), "cp312-cp312-macosx_11_0_arm64"),
        ("windows-x86", (3, 8), "cp38-cp38-win32"),
    ],
)
def test_templates_are_filled_from_the_tag_that_vpython_takes(platform: str, python: tuple[int, int], tag: str) -> None:
    assert str(best_tag(Host(platform, python))) == tag
