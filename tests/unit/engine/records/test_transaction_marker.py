# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal stays with what was left half made, and with nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.fs import links
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.unproved import Unproved
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


def test_what_was_not_proved_stays_open_until_it_is(layout: Layout) -> None:
    def switches_and_fails() -> None:
        with transaction_marker.held(layout, [], generation=2, checks={"virtualenv:web"}, ends_all=True):
            links.point(layout.current, "generations/2")
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        switches_and_fails()
    unproved = Unproved(2, frozenset({"virtualenv:web"}))
    assert transaction_marker.unproved_generation(layout, 2) == unproved
    assert transaction_marker.unproved_generation(layout, 1) is None
    # To prune changes nothing about it.
    with transaction_marker.held(layout, []):
        assert transaction_marker.unproved_generation(layout, 2) == unproved
    assert transaction_marker.left_generation(layout) == 2
    # Neither does a run that is cut off before it has decided.
    with transaction_marker.held(layout, [], generation=3, checks={"bundle:python"}, unproved=unproved):
        assert transaction_marker.unproved_generation(layout, 2) == unproved
        assert transaction_marker.unproved_generation(layout, 3) == Unproved(3, frozenset({"bundle:python"}))
        transaction_marker.proved(layout)
        assert transaction_marker.unproved_generation(layout, 2) is None
        assert transaction_marker.unproved_generation(layout, 3) is None
        assert transaction_marker.begun_generation(layout) == 3


def test_an_error_before_what_was_left_open_is_proved_leaves_it_open(layout: Layout) -> None:
    unproved = Unproved(1, frozenset({"virtualenv:web"}))

    def fails(*, after_proof: bool) -> None:
        with transaction_marker.held(layout, [], generation=2, unproved=unproved, ends_all=True):
            if after_proof:
                transaction_marker.proved(layout)
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fails(after_proof=False)
    assert transaction_marker.unproved_generation(layout, 1) == unproved
    with pytest.raises(OSError, match="full"):
        fails(after_proof=True)
    assert not layout.transaction_marker.exists()


def test_a_switch_without_checks_leaves_nothing_to_prove(layout: Layout) -> None:
    with transaction_marker.held(layout, [], generation=2):
        assert transaction_marker.unproved_generation(layout, 2) is None


@pytest.mark.parametrize(
    ("text", "open_of_2"),
    [
        ('{"generation": 2}', Unproved(2)),
        ('{"generation": null, "unchecked": 2}', Unproved(2)),
        ('{"generation": 3, "unchecked": 2}', Unproved(2)),
        ('{"generation": 3, "checks": [], "unproved": {"generation": 2, "checks": null}}', Unproved(2)),
        ('{"generation": 2, "checks": [7]}', Unproved(2)),
        ('{"generation": "2", "unproved": [], "unchecked": true}', None),
        ('{"unproved": {"generation": {}}}', None),
        ("[]", None),
        ("{", None),
    ],
)
def test_markers_of_earlier_releases_and_of_others_are_read(layout: Layout, text: str, open_of_2: Unproved | None) -> None:
    layout.transaction_marker.write_text(text)
    assert transaction_marker.unproved_generation(layout, 2) == open_of_2
    with transaction_marker.held(layout, []):
        pass


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
