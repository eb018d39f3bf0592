# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links that make a generation the one in force: each that leads elsewhere is named, and each entry that nobody made."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import INTERRUPTED, TAMPERED
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.profile_check import check_profile
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.observation import Observation
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.records.load import load_records
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the profile of POSIX; Windows has junctions")


def found(root: SampleRoot) -> list[tuple[str, str, str]]:
    records = load_records(root.layout)
    observation = Observation(records=records)
    check_profile(root.layout, observation, records.generations[1])
    assert observation.profile_broken == bool(observation.findings)
    assert {each.subject for each in observation.findings} <= {"generation"}
    return sorted((str(each.path), each.kind, each.cause) for each in observation.findings)


def turned(path: Path) -> None:
    path.unlink()
    path.symlink_to("/bin/sh")


def a_command_that_is_a_file(top: Path) -> None:
    (top / "generations/1/bin/python3").unlink()
    (top / "generations/1/bin/python3").touch()


def commands_elsewhere(top: Path) -> None:
    shutil.rmtree(top / "generations/1/bin")
    (top / "generations/1/bin").symlink_to("/bin")


def a_file_for_commands(top: Path) -> None:
    shutil.rmtree(top / "generations/1/bin")
    (top / "generations/1/bin").touch()


CHANGES: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "a command turned": (lambda top: turned(top / "generations/1/bin/python"), [("generations/1/bin/python", "link")]),
    "a command gone": (lambda top: (top / "generations/1/bin/python3").unlink(), [("generations/1/bin/python3", "missing")]),
    "a command that is a file": (
        a_command_that_is_a_file,
        [("generations/1/bin/python3", "link")],
    ),
    "an environment turned": (lambda top: turned(top / "generations/1/envs/one"), [("generations/1/envs/one", "link")]),
    "a command more": (lambda top: (top / "generations/1/bin/pip").touch(), [("generations/1/bin/pip", "unexpected")]),
    "an entry more": (lambda top: (top / "generations/1/etc").mkdir(), [("generations/1/etc", "unexpected")]),
    "no commands": (lambda top: shutil.rmtree(top / "generations/1/bin"), [("generations/1/bin", "missing")]),
    "commands elsewhere": (
        commands_elsewhere,
        [("generations/1/bin", "link")],
    ),
    "a file for commands": (
        a_file_for_commands,
        [("generations/1/bin", "modified")],
    ),
    "no profile": (lambda top: shutil.rmtree(top / "generations/1"), [("generations/1", "missing")]),
    "a stable link turned": (lambda top: turned(top / "bin"), [("bin", "link")]),
    "a stable link gone": (lambda top: (top / "envs").unlink(), [("envs", "missing")]),
    "the engine turned": (lambda top: turned(top / "state/engine"), [("state/engine", "link")]),
}


def test_a_profile_as_it_was_made_has_no_finding(root: SampleRoot) -> None:
    assert found(root) == []


@pytest.mark.parametrize("case", CHANGES)
def test_what_was_changed_is_named_once(root: SampleRoot, case: str) -> None:
    change, expected = CHANGES[case]
    change(root.layout.root)
    assert found(root) == [(path, kind, TAMPERED) for path, kind in expected]


def test_everything_is_named_at_once(root: SampleRoot) -> None:
    for case in ("a command turned", "an environment turned", "a command more", "a stable link gone", "the engine turned"):
        CHANGES[case][0](root.layout.root)
    assert len(found(root)) == 5


def test_a_link_to_the_engine_that_a_cut_off_run_had_still_to_point_is_interrupted(root: SampleRoot) -> None:
    root.layout.engine.unlink()
    assert found(root) == [("state/engine", "missing", TAMPERED)]
    root.layout.transaction_marker.write_text("{}")
    assert found(root) == [("state/engine", "missing", INTERRUPTED)]
    # What is pointed before the switch is never what such a run left.
    (root.layout.root / "bin").unlink()
    assert ("bin", "missing", TAMPERED) in found(root)


def test_commands_of_a_bundle_without_receipt_are_no_strays(root: SampleRoot) -> None:
    (root.layout.generations / "1/bin/extra").touch()
    (root.layout.generations / "1/envs/extra").touch()
    root.layout.receipt("bundles", root.bundle.name).unlink()
    # What the bundle adds cannot be known any more; what it cannot add is a stray.
    assert [path for path, kind, _cause in found(root) if kind == "unexpected"] == ["generations/1/envs/extra"]


def test_a_finding_says_where_the_link_leads_and_should(root: SampleRoot) -> None:
    turned(root.layout.root / "bin")
    (finding,) = root.observe("none").findings
    assert (finding.expected, finding.actual) == ("link to current/bin", "link to /bin/sh")
    assert finding.remedy == "Converge to restore the links."


@pytest.mark.parametrize("case", CHANGES)
def test_a_converge_makes_all_of_it_again(root: SampleRoot, case: str) -> None:
    CHANGES[case][0](root.layout.root)
    assert root.converge()["changed"]
    assert found(root) == []
    assert not root.converge()["changed"]
