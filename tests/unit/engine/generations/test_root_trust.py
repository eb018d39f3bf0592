# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a root may be trusted, decided without a second user."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.errors import BrokenRoot
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import ownership
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.generations.root_trust import (
    require_trusted,
)

NOBODY = 65534
CROWDED = 54321


def test_a_loop_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(BrokenRoot, match="loop of links"):
        require_trusted(tmp_path / "a" / "root")


def test_groups_are_trusted_by_their_members(monkeypatch: pytest.MonkeyPatch) -> None:
    empty = grp.struct_group(("empty", "x", CROWDED, []))
    monkeypatch.setattr(grp, "getgrgid", lambda number: empty)
    assert ownership._other_members(CROWDED) == ""
    monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group(("some", "x", CROWDED, ["root", "eve"])))
    assert ownership._other_members(CROWDED) == "eve"
    monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group(("primary", "x", NOBODY, [])))
    assert "nobody" in ownership._other_members(NOBODY)


def test_a_first_group_of_another_name_may_have_members_that_nobody_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    person = pwd.struct_passwd(("ada", "x", CROWDED, CROWDED, "", "/", "/bin/sh"))
    monkeypatch.setattr(os, "geteuid", lambda: CROWDED)
    monkeypatch.setattr(pwd, "getpwuid", lambda number: person)
    monkeypatch.setattr(pwd, "getpwall", lambda: [person])
    monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group(("ada", "x", CROWDED, ["ada"])))
    assert ownership._other_members(CROWDED) == ""
    monkeypatch.setattr(grp, "getgrgid", lambda number: grp.struct_group(("domain users", "x", CROWDED, [])))
    assert "first group" in ownership._other_members(CROWDED)
