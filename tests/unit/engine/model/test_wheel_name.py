# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of wheels and distributions, as every index compares them."""

from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.wheel_name import distribution, name_and_version
from hypothesis import given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name


@given(name=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}[A-Za-z0-9]", fullmatch=True))
def test_a_distribution_is_named_as_packaging_names_it(name: str) -> None:
    assert distribution(name) == canonicalize_name(name)


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("Foo_Bar-1.0-py3-none-any.whl", ("foo-bar", "1.0")),
        ("foo-1!2.0+x.1-7-cp312-cp312-linux_x86_64.whl", ("foo", "1!2.0+x.1")),
        ("foo", ("foo", "")),
    ],
)
def test_name_and_version_come_first(filename: str, expected: tuple[str, str]) -> None:
    assert name_and_version(filename) == expected
