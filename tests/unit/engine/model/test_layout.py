# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where everything lies below a root: every name that the engine gives is known as one, and none is given twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model import layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from hypothesis import given
from hypothesis import strategies as st

DIGEST = st.text("0123456789abcdef", min_size=64, max_size=64)
NAME = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,20}", fullmatch=True)


@given(name=NAME, digest=DIGEST, other=DIGEST)
def test_names_of_trees_are_known_by_their_kind(name: str, digest: str, other: str) -> None:
    bundle = layout.bundle_id(name, release="3.12.1+1", sha256=digest)
    environment = layout.environment_id(name, key=digest)
    laid = layout.laid_id(digest, byte_code=other)
    assert layout.is_tree_name("bundles", bundle)
    assert layout.is_tree_name("environments", environment)
    assert layout.is_tree_name("laid", laid)
    assert not layout.is_tree_name("laid", environment) or len(name) == 16
    assert not layout.is_tree_name("wheels", bundle)


@pytest.mark.parametrize(
    ("name", "given"), [("1", True), ("42", True), ("0", False), ("01", False), ("-1", False), ("x", False), ("", False)]
)
def test_generations_are_counted(name: str, given: bool) -> None:
    assert layout.is_tree_name("generations", name) is given


def test_everything_lies_below_the_root_in_directories_of_its_own() -> None:
    root = Layout(Path("/r"))
    places = [
        root.lock, root.transaction_marker, root.in_force, root.root_record, root.unexpected, root.engine, root.current,
        root.receipt("bundles", "x"), root.receipt("environments", "x"), root.receipt("laid", "x"),
        root.tree("bundles", "x"), root.tree("environments", "x"), root.tree("laid", "x"), root.artifact("a" * 64, "x.whl"),
    ]  # fmt: skip
    assert len(set(places)) == len(places)
    assert all(Path("/r") in place.parents for place in places)
    own = set(root.own_directories().values())
    assert all(place.parent in own or place.parent.parent == root.wheels for place in places)


def test_directories_are_listed_after_those_above_them() -> None:
    listed = list(Layout(Path("/r")).own_directories().values())
    assert listed[0] == Path("/r")
    for place, directory in enumerate(listed[1:], 1):
        assert directory.parent in listed[:place]
