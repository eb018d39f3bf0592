# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed, said without a look at the files."""

from __future__ import annotations

import os

import pytest
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX")


def test_all_that_is_installed_is_named(root: SampleRoot) -> None:
    info = root.run("info")["info"]
    assert (info["root"], info["generation"], info["in_force"]["number"]) == (str(root.layout.root), 1, 1)
    (generation,) = info["generations"]
    assert (generation["number"], generation["pinned"], set(generation["virtualenvs"])) == (1, False, {"one", "two"})
    (bundle,) = info["bundles"]
    assert (bundle["id"], bundle["release"]) == (root.bundle.name, "3.12.1+1")
    assert "files" not in bundle
    packages = {each["name"]: [package["name"] for package in each["packages"]] for each in info["virtualenvs"]}
    assert packages == {"one": ["alpha", "beta"], "two": ["alpha"]}


def test_a_lost_link_does_not_hide_what_is_in_force(root: SampleRoot) -> None:
    root.layout.current.unlink()
    info = root.run("info")["info"]
    assert (info["generation"], info["in_force"]["number"]) == (None, 1)
