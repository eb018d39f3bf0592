# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a root was like when it was taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import root_record
from root_samples import empty_root, store_findings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes and owners as on POSIX")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Return a root in which nothing was installed."""
    return empty_root(tmp_path / "root")


@pytest.mark.parametrize("text", ["{", "[]", '{"owner": 1}', '{"mode": "x", "owner": [0, 0], "beside": [], "access": {}}', "[" * 100_000])
def test_a_record_of_the_root_that_cannot_be_read_is_none(layout: Layout, text: str) -> None:
    layout.root_record.write_text(text)
    assert root_record.read(layout) is None


@pytest.mark.parametrize("kind", ["fifo", "directory"])
def test_a_record_of_the_root_that_is_no_file_is_none(layout: Layout, kind: str) -> None:
    layout.root_record.unlink()
    os.mkfifo(layout.root_record) if kind == "fifo" else layout.root_record.mkdir()
    assert root_record.read(layout) is None
    assert ("modified", "state/root.json") in store_findings(layout)
