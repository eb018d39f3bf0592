# Copyright (c) 2026, the hermetic.python authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a look at a root says that it holds, and what of it is not as it was left."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.aggregate import MOST
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.findings.finding import INTERRUPTED, TAMPERED
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.inspect.observe import observe_reused
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.model.layout import Layout
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.paths import BUILDING, DISCARDED
from ansible_collections.hermetic.python.plugins.module_utils.hermetic.planning.reused import Reused
from root_samples import SampleRoot

pytestmark = pytest.mark.skipif(os.name != "posix", reason="a root of POSIX; tests/windows looks at those of Windows")


@pytest.mark.parametrize("verify", ["none", "quick", "deep"])
def test_nothing_is_found_in_a_root_as_it_was_left(root: SampleRoot, verify: str) -> None:
    observation = root.observe(verify)
    assert observation.findings == []
    assert (observation.leftovers, observation.orphans, observation.repairs) == ([], [], [])
    assert observation.current is not None
    assert (observation.current.number, set(observation.current.virtualenvs)) == (1, {"one", "two"})


@pytest.mark.parametrize("verify", ["none", "quick", "deep"])
def test_a_root_that_is_not_there_holds_nothing_and_is_not_made(tmp_path: Path, verify: str) -> None:
    observation = SampleRoot(Layout(tmp_path / "root")).observe(verify)
    assert (observation.current, observation.findings) == (None, [])
    assert not (tmp_path / "root").exists()


def test_a_look_changes_nothing(root: SampleRoot) -> None:
    (root.environment("one") / "bin" / "stray").touch()
    (root.layout.root / "current").unlink()
    root.layout.receipt("environments", root.environment("two").name).write_text("{")

    def state() -> dict[str, tuple[int, int, int]]:
        return {
            str(path): (status.st_mtime_ns, status.st_ctime_ns, status.st_mode)
            for path in root.layout.root.rglob("*")
            for status in [path.lstat()]
        }

    before = state()
    for verify in ("none", "quick", "deep"):
        assert root.observe(verify).findings
    assert state() == before


@pytest.mark.parametrize("name", ["bundles/{bundle}", "environments/{one}"])
def test_a_record_that_cannot_be_read_is_named_and_stops_nothing(root: SampleRoot, name: str) -> None:
    path = root.layout.state / "receipts" / f"{name.format(bundle=root.bundle.name, one=root.environment('one').name)}.json"
    path.write_text("{")
    observation = root.observe()
    assert path in observation.leftovers
    assert [finding.path for finding in observation.findings if finding.expected == "a readable record"] == [str(path)]
    # The tree has no other finding for that: the record is the story.
    assert not [finding for finding in observation.findings if finding.kind == "missing"]


@pytest.mark.parametrize(
    ("place", "kind", "cause"),
    [
        (f"environments/{BUILDING}one-0123456789ab", "interrupted", INTERRUPTED),
        (f"bundles/{DISCARDED}python", "interrupted", INTERRUPTED),
        (f"state/receipts/laid/{BUILDING}x.json", "interrupted", INTERRUPTED),
        ("environments/other-0123456789ab", "unexpected", INTERRUPTED),
        ("generations/9", "unexpected", TAMPERED),
        ("environments/notes", "unexpected", TAMPERED),
    ],
)
def test_what_no_record_speaks_of_is_a_leftover_or_a_stray(root: SampleRoot, place: str, kind: str, cause: str) -> None:
    (root.layout.root / place).mkdir()
    observation = root.observe()
    assert [(each.kind, each.cause, each.path) for each in observation.findings] == [(kind, cause, place)]
    # What a run of ours may have left is removed by the next one; what has no name of ours is not.
    assert (root.layout.root / place in observation.leftovers) == (place != "environments/notes")


def test_a_tree_without_receipt_that_a_generation_needs_lost_it(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    root.converge()
    root.virtualenvs["two"] = root.virtualenvs["one"][:1]
    tree = root.environment("two")
    assert tree.is_dir()
    root.layout.receipt("environments", tree.name).unlink()
    (finding,) = root.observe("none").findings
    assert (finding.kind, finding.cause, finding.path) == ("missing", TAMPERED, f"state/receipts/environments/{tree.name}.json")


def test_many_strays_of_one_directory_are_one_finding(root: SampleRoot) -> None:
    for number in range(MOST + 1):
        (root.layout.environments / f"stray-{number:012x}").mkdir()
    (finding,) = root.observe("none").findings
    assert finding.count == MOST + 1
    assert finding.path is not None
    assert finding.path.startswith("environments")


def test_another_generation_is_looked_at_without_the_rest_of_the_root(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    root.converge()
    (root.layout.root / "stray").touch()
    assert [each.path for each in root.observe().findings] == ["stray"]
    root.virtualenvs["two"] = root.virtualenvs["one"][:1]
    (root.environment("two") / "bin" / "stray").touch()
    observation = root.observe(at=1)
    assert [each.subject for each in observation.findings] == ["file:two/bin/stray"]


def test_trees_that_come_into_use_again_are_looked_at(root: SampleRoot) -> None:
    root.virtualenvs.pop("two")
    root.converge()
    before = root.observe()
    assert before.findings == []
    root.virtualenvs["two"] = root.virtualenvs["one"][:1]
    (root.environment("two") / "bin" / "stray").touch()
    reused = Reused(before.records.generations[1], frozenset())
    observe_reused(root.layout, before, reused, verify="quick")
    assert [each.subject for each in before.findings] == ["file:two/bin/stray"]
    shutil.rmtree(root.environment("two"))
    root.layout.transaction_marker.write_text("{}")
    again = root.observe("none")
    observe_reused(root.layout, again, reused, verify="quick")
    gone = [each for each in again.findings if each.subject == "virtualenv:two"]
    assert [(each.kind, each.cause) for each in gone] == [("missing", INTERRUPTED)]


def test_artifacts_that_are_kept_are_read_by_a_deep_look(root: SampleRoot) -> None:
    (stored,) = root.layout.wheels.glob("*/alpha-1.0-py3-none-any.whl")
    before = stored.stat()
    stored.write_bytes(b"x" * before.st_size)
    os.utime(stored, ns=(before.st_atime_ns, before.st_mtime_ns))
    found = [each for each in root.observe("deep").findings if each.subject == "store"]
    assert [(each.kind, each.cause) for each in found] == [("modified", TAMPERED)]
    assert stored.parent.name in str(found[0].path)
