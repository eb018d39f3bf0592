# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which generation is in force, also where the link to it, its record, or the record of the switch is lost or changed."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import INTERRUPTED, TAMPERED
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.generation_in_force import in_force
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows looks at those of Windows")


def test_a_switch_that_somebody_else_made_is_found_and_the_recorded_generation_counts(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    root.converge()
    root.layout.current.unlink()
    root.layout.current.symlink_to("generations/1")
    observation = root.observe()
    assert observation.current is not None
    assert observation.current.number == 2
    assert observation.profile_broken
    (finding,) = [each for each in observation.findings if each.path == "current"]
    assert (finding.kind, finding.cause, finding.expected) == ("link", TAMPERED, "a link to generation 2")


def test_a_switch_that_was_cut_off_before_its_record_is_taken_as_it_is(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    root.converge()
    root.layout.in_force.write_text(json.dumps({"format": 1, "number": 1}))
    root.layout.transaction_marker.write_text("{}")
    observation = root.observe("none")
    assert observation.current is not None
    assert observation.current.number == 2
    assert observation.profile_broken
    assert [(each.kind, each.cause, each.path) for each in observation.findings] == [("interrupted", INTERRUPTED, "state/journal")]
    assert observation.leftovers == [root.layout.transaction_marker]


def test_a_lost_switch_is_found_by_its_record(root: SampleRoot) -> None:
    root.layout.current.unlink()
    observation = root.observe("none")
    assert observation.current is not None
    assert observation.current.number == 1
    assert ("generation", "missing", TAMPERED) in [(each.subject, each.kind, each.cause) for each in observation.findings]


def test_without_link_and_record_the_newest_generation_with_a_profile_counts(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    root.converge()
    root.layout.current.unlink()
    root.layout.in_force.unlink()
    shutil.rmtree(root.layout.generations / "2")
    observation = root.observe("none")
    assert observation.current is not None
    assert observation.current.number == 1


def test_a_generation_whose_record_is_lost_is_read_back_from_its_profile(root: SampleRoot) -> None:
    (root.layout.generation_records / "1.json").unlink()
    observation = root.observe("none")
    assert observation.current is not None
    assert set(observation.current.virtualenvs) == {"one", "two"}
    assert [(each.subject, each.kind, each.path) for each in observation.findings] == [
        ("generation", "missing", "state/generations/1.json")
    ]
    assert observation.orphans == [root.layout.generations / "1"]


def test_an_unreadable_record_of_the_switch_is_named(root: SampleRoot) -> None:
    root.layout.in_force.write_text("not json")
    observation = root.observe("none")
    assert [each.path for each in observation.findings] == ["state/current.json"]
    assert root.layout.in_force in observation.leftovers


def test_the_generation_in_force_is_found_without_inspecting_its_trees(root: SampleRoot) -> None:
    shutil.rmtree(root.layout.bundles)
    found = in_force(root.layout, load_records(root.layout))
    assert found is not None
    assert found.number == 1
