# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root's own directories: what a look finds, without a host."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import file_severity
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from root_samples import empty_root, store_findings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners as on POSIX")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return a root in which nothing was installed."""
    return empty_root(tmp_path / "root")


def test_a_root_as_it_was_made_needs_no_repair(layout: Layout) -> None:
    assert store_findings(layout) == []


def test_what_a_volume_keeps_at_its_top_is_no_stray(layout: Layout, monkeypatch: pytest.MonkeyPatch) -> None:
    (layout.root / "lost+found").mkdir()
    assert store_findings(layout) == [("unexpected", "lost+found")]
    monkeypatch.setattr(os.path, "ismount", lambda path: path == layout.root)
    assert store_findings(layout) == []


def test_rights_beside_the_mode_weigh_as_much_as_a_mode_that_gives_them() -> None:
    assert file_severity("mode", "x", "file capabilities (security.capability)") == "high"
    assert file_severity("mode", "x", "an access control list (system.posix_acl_access)") == "high"
    assert file_severity("mode", "x", "immutable") == "medium"
    assert file_severity("mode", "x", "0777") == "high"
