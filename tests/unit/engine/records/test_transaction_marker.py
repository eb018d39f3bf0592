# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal stays with what was left half made, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import links
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records import transaction_marker


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = Layout(tmp_path / "root")
    made.state.mkdir(parents=True)
    links.point(made.current, "generations/1")
    return made


def test_it_is_there_while_a_root_is_changed(layout: Layout) -> None:
    with transaction_marker.held(layout, [], generation=2):
        assert transaction_marker.begun_generation(layout) == 2
    assert not layout.transaction_marker.exists()


def test_an_error_before_the_switch_leaves_none(layout: Layout) -> None:
    with pytest.raises(OSError, match="full"), transaction_marker.held(layout, []):
        raise OSError("full")
    assert not layout.transaction_marker.exists()


def test_an_error_after_the_switch_leaves_it_until_a_run_ends_all(layout: Layout) -> None:
    def switches_and_fails() -> None:
        with transaction_marker.held(layout, [], generation=2, ends_all=True):
            links.point(layout.current, "generations/2")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        switches_and_fails()
    assert layout.transaction_marker.exists()
    with transaction_marker.held(layout, []):
        pass
    assert layout.transaction_marker.exists()
    with transaction_marker.held(layout, [], ends_all=True):
        pass
    assert not layout.transaction_marker.exists()
