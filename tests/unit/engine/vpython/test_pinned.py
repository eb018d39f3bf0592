# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import HermeticError
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.vpython.pinned import pinned_wheels
from vpython_samples import question


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("none", ""),
        ("textproto", " \n"),
        ("toml", "requires-python = '>=3'"),
        ("script", ""),
        ("script", "dependencies = ['x; python_version < \"3\"']"),
    ],
)
def test_what_declares_no_package_needs_no_lock(kind: str, text: str) -> None:
    assert pinned_wheels(question(kind=kind, text=text)) == []


@pytest.mark.parametrize(
    ("kind", "text"), [("textproto", "wheel {}"), ("inline", "# x"), ("toml", "dependencies = ['x']"), ("script", "dependencies = ['x']")]
)
def test_what_declares_packages_does(kind: str, text: str) -> None:
    with pytest.raises(HermeticError, match=r"hermetic-spec lock /programs/tool.py.*HERMETIC_VPYTHON_UNLOCKED=1"):
        pinned_wheels(question(kind=kind, text=text, lock_file="/programs/pylock.tool-py.toml"))


def test_code_has_nothing_beside_it() -> None:
    with pytest.raises(HermeticError, match="write it to a file"):
        pinned_wheels(question(kind="script", text="dependencies = ['x']", file=""))
