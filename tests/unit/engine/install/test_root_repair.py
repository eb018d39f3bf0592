# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The root's own directories and records are put right."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.root_check import check_store
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.install.root_repair import repair_root
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from root_samples import empty_root, store_findings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners as on POSIX")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return a root in which nothing was installed."""
    return empty_root(tmp_path / "root")


def test_everything_is_found_at_once_and_put_right(layout: Layout) -> None:
    layout.root.chmod(0o777)
    layout.state.chmod(0o2775)
    (layout.root / "notes").touch()
    (layout.state / "receipts/x").mkdir()
    assert store_findings(layout) == [("mode", "."), ("mode", "state"), ("unexpected", "notes"), ("unexpected", "state/receipts/x")]
    observation = Observation()
    check_store(layout, observation)
    warnings = repair_root(layout, observation.repairs)
    assert len(warnings) == 2
    assert store_findings(layout) == []
    assert sorted(path.name.partition("-")[0] for path in layout.unexpected.iterdir()) == ["notes", "x"]


def test_a_link_is_not_followed_when_something_is_put_right(layout: Layout, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.chmod(0o700)
    layout.wheels.chmod(0o777)
    observation = Observation()
    check_store(layout, observation)
    layout.wheels.rmdir()
    layout.wheels.symlink_to(outside)
    assert any("link" in warning for warning in repair_root(layout, observation.repairs))
    assert stat.S_IMODE(outside.stat().st_mode) == 0o700
